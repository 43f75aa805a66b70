//go:build plant17

package slots

const planted = plantTimeDate
