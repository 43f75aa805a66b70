//go:build !plant04 && !plant09 && !plant10 && !plant11 && !plant12 && !plant13 && !plant14 && !plant16 && !plant23 && !plant24

package engine

const planted = 0
