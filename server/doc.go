// Package server exposes the engine over HTTP.
package server
