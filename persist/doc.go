// Package persist keeps the engine's log and checkpoints in Pebble.
package persist
