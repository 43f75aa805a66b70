//go:build plant02

package persist

const planted = plantSyncError
