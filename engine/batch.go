package engine

import "context"

// gather is how many commands that wait together are judged together before
// they are written while no write is under way.
const gather = 16

// batch is what goes to the log in one write, with the answers that wait for it.
// While it is on its way the committer has records, err and seconds, and the
// writer the rest.
type batch struct {
	records  []Record
	bytes    int     // of the payloads
	replies  []reply // in order, to the commands of records and to those that rest on it
	joined   int     // how many replies came when it was on its way
	expected Seq     // where the log ends before it
	after    *state  // the state with it, to publish
	fallback *state  // the same, to keep
	err      error   // of the write
	seconds  float64 // that the write took
}

// reply is an answer that waits for its batch.
type reply struct {
	request *request
	outcome Outcome
	err     error
}

// add takes an accepted command's entry.
func (b *batch) add(done stepped) {
	b.records = append(b.records, Record{Payload: done.payload, Derived: done.entry.derived()})
	b.bytes += len(done.payload)
}

// write appends the batch to the log with one sync.
func (b *batch) write(log Log) {
	watch := stopwatch()
	b.err = log.Append(context.Background(), b.expected, b.records)
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
	clear(b.replies)
	*b = batch{records: b.records[:0], replies: b.replies[:0]}
}
