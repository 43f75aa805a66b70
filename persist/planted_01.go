//go:build plant01

package persist

const planted = plantAckFirst
