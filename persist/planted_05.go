//go:build plant05

package persist

const planted = plantTornTail
