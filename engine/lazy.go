package engine

import "sync/atomic"

// lazy is an entity that was read from a checkpoint and that nobody has asked
// for yet: its record, which is whole, and the value once it was asked for. Many
// may ask at the same time; all get the same value.
type lazy[T any] struct {
	record string // shares the memory of the checkpoint's text around it
	fields func(*codec, *T)
	value  atomic.Pointer[T]
}

// get returns the value and keeps it.
func (l *lazy[T]) get() *T {
	if v := l.value.Load(); v != nil {
		return v
	}
	v := l.decode()
	if !l.value.CompareAndSwap(nil, v) {
		return l.value.Load()
	}
	return v
}

// peek returns the value without keeping it: who walks over everything does not
// want all of it in memory.
func (l *lazy[T]) peek() *T {
	if v := l.value.Load(); v != nil {
		return v
	}
	return l.decode()
}

func (l *lazy[T]) decode() *T {
	v := new(T)
	c := decoder(l.record)
	l.fields(c, v)
	if err := c.end(); err != nil {
		broken("a record that was read can be read again", len(l.record), err)
	}
	return v
}
