//go:build plant03

package persist

const planted = plantNoDirSync
