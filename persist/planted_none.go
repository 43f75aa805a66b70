//go:build !plant01 && !plant02 && !plant03 && !plant05 && !plant25

package persist

const planted = 0
