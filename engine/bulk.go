package engine

import (
	"cmp"
	"slices"
	"strings"
)

// bulk gathers what goes into one index of a tenant, in any order, and then
// sorts it: small numbers are sorted faster than texts.
type bulk struct {
	keys  names
	items []bulkItem
}

// bulkItem is one id under one key: key by its number in keys, id by its number
// in the section that is being read.
type bulkItem struct {
	key, id uint32
	order   int64
}

func (b *bulk) add(key string, order int64, id uint32) {
	b.items = append(b.items, bulkItem{b.keys.number(key), id, order})
}

// list puts all items into x behind what other tenants have there. id tells the id of
// a row, of which those of the tenant begin at t.
func (b *bulk) list(x *listed, t pastTenant, id func(n int) string) {
	rank, sorted := b.keys.ranks()
	for i := range b.items {
		b.items[i].key = rank[b.items[i].key]
	}
	x.tenants = append(x.tenants, listTenant(b.items, sorted, t, id))
}

// listTenant sorts items into the list of a tenant; their keys are numbers in keys.
func listTenant(items []bulkItem, keys []string, t pastTenant, id func(n int) string) listedTenant {
	l := listedTenant{name: t.name, keys: keys, ends: make([]uint32, len(keys)), items: make([]listedItem, 0, len(items)), id: id, first: t.from}
	eachInOrder(items, len(keys), func(i bulkItem) {
		l.items = append(l.items, listedItem{i.order, i.id})
		l.ends[i.key] = uint32(len(l.items))
	})
	for k := 1; k < len(keys); k++ {
		l.ends[k] = max(l.ends[k], l.ends[k-1])
	}
	return l
}

// eachInOrder yields items by key, order and id, each once. Keys are below keys.
func eachInOrder(items []bulkItem, keys int, yield func(bulkItem)) {
	var last bulkItem
	for n, i := range inOrder(items, keys) {
		if n == 0 || i != last {
			yield(i)
		}
		last = i
	}
}

// inOrder returns items sorted by key, order and id: dealt out by key, then
// each key by itself.
func inOrder(items []bulkItem, keys int) []bulkItem {
	less := func(a, b bulkItem) int { return cmp.Or(cmp.Compare(a.key, b.key), a.compare(b)) }
	if slices.IsSortedFunc(items, less) {
		return items
	}
	if keys > len(items)+1 {
		slices.SortFunc(items, less)
		return items
	}
	ends := make([]int, keys+1) // of key-1, then of key
	for _, i := range items {
		ends[i.key+1]++
	}
	for k := range keys {
		ends[k+1] += ends[k]
	}
	sorted := make([]bulkItem, len(items))
	for _, i := range items {
		sorted[ends[i.key]] = i
		ends[i.key]++
	}
	begin := 0
	for _, end := range ends[:keys] {
		slices.SortFunc(sorted[begin:end], bulkItem.compare)
		begin = end
	}
	return sorted
}

// compare compares items under one key.
func (a bulkItem) compare(b bulkItem) int {
	if a.order != b.order {
		return cmp.Compare(a.order, b.order)
	}
	return cmp.Compare(a.id, b.id)
}

// names numbers texts from 0, in the order in which they are met.
type names struct {
	numbers map[string]uint32
	texts   []string
	last    uint32
}

func (n *names) number(text string) uint32 {
	if len(n.texts) > 0 && n.texts[n.last] == text {
		return n.last
	}
	number, known := n.numbers[text]
	if !known {
		if n.numbers == nil {
			n.numbers = map[string]uint32{}
		}
		number = uint32(len(n.texts))
		n.numbers[text] = number
		n.texts = append(n.texts, text)
	}
	n.last = number
	return number
}

// ranks returns the place of each text among the sorted ones, and those.
func (n *names) ranks() (rank []uint32, sorted []string) {
	order := make([]uint32, len(n.texts))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return strings.Compare(n.texts[a], n.texts[b]) })
	rank, sorted = make([]uint32, len(order)), make([]string, len(order))
	for i, number := range order {
		rank[number], sorted[i] = uint32(i), n.texts[number]
	}
	return rank, sorted
}
