package engine

import "context"

// gather is how many commands that wait together are judged together before
// they are written while no write is under way.
const gather = 16

// maxSpareBytes is how much memory for payloads a batch keeps for the next, in bytes.
const maxSpareBytes = 4 << 20

// batch is what goes to the log in one write, with the answers that wait for it.
// While it is on its way the committer has records, entries, err and seconds, and
// the writer the rest.
type batch struct {
	records  []Record
	entries  []*entry // of records
	codec    codec    // writes the payloads, one behind the other
	bytes    int      // of the payloads
	frees    bool     // all of them free something: the log may have been asked for no more than that
	replies  []reply  // in order, to the commands of records and to those that rest on it
	joined   int      // how many replies came when it was on its way
	expected Seq      // where the log ends before it
	after    *state   // the state with it, to publish
	fallback *state   // the same, to keep
	err      error    // of the write
	seconds  float64  // that the write took
}

// reply is an answer that waits for its batch.
type reply struct {
	request *request
	outcome Outcome
	err     error
}

// add takes an accepted command's entry.
func (b *batch) add(done stepped) {
	b.records = append(b.records, Record{Payload: done.payload})
	b.entries = append(b.entries, done.entry)
	b.bytes += len(done.payload)
}

// write derives what goes with the entries and appends the batch to the log with
// one sync. Derived records say no more than their entries, so what bounds the
// payloads of a batch bounds them too.
func (b *batch) write(o *Options) {
	watch := stopwatch()
	for i, e := range b.entries {
		b.records[i].Derived = e.derived(o.Identity)
	}
	b.err = o.Log.Append(context.Background(), b.expected, b.records)
	b.seconds = watch()
}

// answer wakes the waiters in order. With an error, every one gets it.
func (b *batch) answer(err error, o *Observer) {
	for _, p := range b.replies {
		if err != nil {
			p.outcome, p.err = Outcome{}, err
		}
		p.give(o)
	}
}

func (p reply) give(o *Observer) {
	if p.err == nil {
		o.decided(p.request.cmd.Payload.Kind(), p.outcome.Status)
	}
	p.request.answer(p.outcome, p.err)
}

// reset empties a batch for another use of its memory.
func (b *batch) reset() {
	clear(b.records)
	clear(b.entries)
	clear(b.replies)
	out := b.codec.out[:0]
	if cap(out) > maxSpareBytes {
		out = nil
	}
	*b = batch{records: b.records[:0], entries: b.entries[:0], replies: b.replies[:0], codec: codec{out: out}}
}
