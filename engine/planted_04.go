//go:build plant04

package engine

const planted = plantEarlySnapshot
