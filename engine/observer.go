package engine

// Observer is told what happens, on the writer's goroutine; it must be quick.
// Fields may be nil.
type Observer struct {
	Committed func(entries int, seconds float64, last Seq) // one durable batch
	Decided   func(k Kind, s Status)                       // every judged command
	Queue     func(depth int)                              // commands left waiting when a batch was taken
	Poisoned  func(err error)
	Logf      func(msg string, args ...any) // like slog, without personal data; also from the checkpoint's goroutine
}

func (o *Observer) committed(entries int, seconds float64, last Seq) {
	if o.Committed != nil {
		o.Committed(entries, seconds, last)
	}
}

func (o *Observer) decided(k Kind, s Status) {
	if o.Decided != nil {
		o.Decided(k, s)
	}
}

func (o *Observer) queue(depth int) {
	if o.Queue != nil {
		o.Queue(depth)
	}
}

func (o *Observer) poisoned(err error) {
	if o.Poisoned != nil {
		o.Poisoned(err)
	}
}

func (o *Observer) logf(msg string, args ...any) {
	if o.Logf != nil {
		o.Logf(msg, args...)
	}
}
