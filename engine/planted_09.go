//go:build plant09

package engine

const planted = plantConfirm
