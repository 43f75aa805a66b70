//go:build !plant17

package slots

const planted = 0
