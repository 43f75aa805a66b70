package engine

// Where Options.UrgentFirst is set, two lines lead to the writer. In the urgent one stand commands that give time back, keep a promise or report what has
// happened; in the other all else. Both are bounded. The writer takes the urgent ones first, and after urgentInRow of them in a row one of the
// others that waited meanwhile, so that neither waits for ever. Within a line the order is kept. Commands of one caller that wait at once were sent at once – none
// of them had an answer – so no order between them was promised.

// urgentInRow is how many urgent commands may go before one that waits in the other line.
const urgentInRow = 16

// urgent reports in which line a command stands.
func (c *Command) urgent() bool {
	switch p := c.Payload.(type) {
	case ReleaseHold, Cancel, CancelCallback, StartCall, CompleteCall, NoShowCall, RecordAttempt, RevokeKey:
		return true
	case Book:
		return p.HoldID != ""
	}
	return false
}

// line returns where a request waits for its turn. Commands that were given in an order keep it.
func (e *Engine) line(r *request, ordered bool) chan *request {
	if e.options.UrgentFirst && !ordered && r.cmd.urgent() {
		return e.urgent
	}
	return e.queue
}

// waiting is how many commands wait for their turn.
func (e *Engine) waiting() int { return len(e.queue) + len(e.urgent) }

// urgentRoom is how many urgent commands may wait beside so many others.
func urgentRoom(queueLimit int) int { return max(1, queueLimit/4) }

// Crowded reports whether nothing but urgent commands – releases, cancellations, bookings by the id of a hold, reports of calls – has room to wait
// for its turn.
func (e *Engine) Crowded() bool { return len(e.queue) == cap(e.queue) }

// next returns the command whose turn it is, nil if none waits. Nothing waits in a line that is nil.
func (w *writer) next(urgent, queue chan *request) *request {
	if w.urgentTaken < urgentInRow {
		select {
		case r := <-urgent:
			if len(queue) > 0 {
				w.urgentTaken++
			}
			return r
		default:
		}
	}
	select {
	case r := <-queue:
		w.urgentTaken = 0
		return r
	default:
		return nil
	}
}
