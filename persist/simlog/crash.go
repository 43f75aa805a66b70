package simlog

import (
	"maps"
	"slices"
)

// Loss says what a power cut does to what was not synced.
type Loss int

// The losses.
const (
	LoseAll  Loss = iota // nothing unsynced is left
	LoseNone             // everything is
	LoseSome             // some sectors are, in any order
	LoseTail             // the writes up to one, and that one torn in the middle
	lossEnd
)

// Losses counts them.
const Losses = int(lossEnd)

// Crash cuts the power, if it is on, and returns the disk as it is when the power is
// back. The old one stays off.
func (d *Disk) Crash(loss Loss) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.heir()
	n.names = maps.Clone(d.kept)
	for _, change := range d.moves[:d.movesLeft(loss)] {
		change(n.names)
	}
	for _, name := range slices.Sorted(maps.Keys(n.names)) {
		f := n.names[name]
		left := f.durable[:len(f.durable):len(f.durable)]
		for _, w := range d.writesLeft(f.pending, loss) {
			left = put(slices.Clone(left), w)
		}
		n.names[name] = &inode{data: slices.Clone(left), durable: left}
	}
	n.kept = maps.Clone(n.names)
	return n
}

// Kill ends the program that has the disk open, and with it what it had under way. The
// machine goes on: its cache is as it was.
func (d *Disk) Kill() *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.heir()
	n.names, n.kept, n.moves = d.names, d.kept, d.moves
	return n
}

// heir ends d and returns what goes on in its place, without any file yet.
func (d *Disk) heir() *Disk {
	d.dead = true
	n := &Disk{
		trace: d.trace, keep: d.keep, lines: d.lines, ops: d.ops, syncs: d.syncs, timed: d.timed, slow: d.slow, stats: d.stats, lies: d.lies,
	}
	n.seed(d.rnd.Uint64())
	return n
}

// movesLeft is how many changes of names are left: they happen in order.
func (d *Disk) movesLeft(loss Loss) int {
	switch loss {
	case LoseAll:
		return 0
	case LoseNone:
		return len(d.moves)
	}
	return d.rnd.IntN(len(d.moves) + 1)
}

// writesLeft are the writes that are left, in sectors.
func (d *Disk) writesLeft(pending []write, loss Loss) (left []write) {
	switch loss {
	case LoseAll:
		return nil
	case LoseNone:
		return pending
	case LoseTail:
		if len(pending) == 0 {
			return nil
		}
		i := d.rnd.IntN(len(pending))
		left = append(left, pending[:i]...)
		sectors := split(pending[i])
		left = append(left, sectors[:d.rnd.IntN(len(sectors)+1)]...)
	case LoseSome:
		for _, w := range pending {
			for _, s := range split(w) {
				if d.rnd.IntN(2) == 0 {
					left = append(left, s)
				}
			}
		}
	}
	return left
}

// split cuts a write where a sector begins.
func split(w write) (sectors []write) {
	for at := w.at; at < w.at+len(w.data); {
		end := min(at-at%SectorBytes+SectorBytes, w.at+len(w.data))
		sectors = append(sectors, write{at, w.data[at-w.at : end-w.at]})
		at = end
	}
	return sectors
}

// Flip changes a bit of what is durable in a file, as a bad medium does. It reports
// false where there is no such bit.
func (d *Disk) Flip(name string, at int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	if f == nil || at >= len(f.durable) || len(f.pending) > 0 {
		return false
	}
	f.durable = slices.Clone(f.durable)
	f.durable[at] ^= 1
	f.data = slices.Clone(f.durable)
	return true
}

// Sizes returns the length of every file.
func (d *Disk) Sizes() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	sizes := map[string]int{}
	for name, f := range d.names {
		sizes[name] = len(f.data)
	}
	return sizes
}

// Files returns the content of every file as programs see it.
func (d *Disk) Files() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := map[string][]byte{}
	for name, f := range d.names {
		files[name] = slices.Clone(f.data)
	}
	return files
}
