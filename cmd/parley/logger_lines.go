package main

import (
	"io"
	"sync"
	"time"
)

// Lines of the log wait for company, so that not every request costs a call of the system.
const (
	logPatience = 100 * time.Millisecond // how long a line may wait
	logRoom     = 16 << 10               // bytes of lines that are written at once
	logMost     = 1 << 20                // bytes of lines that wait while they are not taken; what comes then is lost
	logStuck    = time.Second            // how long a flush waits for who takes them
)

// logLines gathers whole lines and writes them on a goroutine of its own: a pipe that is not read, or a disk that
// hangs, must not hold up what is logged about.
type logLines struct {
	to   io.Writer
	lost func(lines int) // told, when lines are taken again, how many were not kept

	mu      sync.Mutex
	room    []byte        // the lines that wait
	spare   []byte        // room to be used again
	waiting bool          // a timer will write them
	writing chan struct{} // closed when what is being written was taken; nil: nothing is
	stuck   bool          // a flush has waited in vain, and nothing was taken since
	dropped int
}

// Write takes one line.
func (l *logLines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.room)+len(line) > logMost {
		l.dropped++
		return len(line), nil
	}
	l.room = append(l.room, line...)
	switch {
	case len(l.room) > logRoom:
		l.begin()
	case !l.waiting:
		l.waiting = true
		time.AfterFunc(logPatience, func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.waiting = false
			l.begin()
		})
	}
	return len(line), nil
}

// begin has what waits written. The caller holds mu.
func (l *logLines) begin() {
	if l.writing == nil && len(l.room) > 0 {
		l.writing = make(chan struct{})
		go l.write(l.room)
		l.room, l.spare = l.spare[:0], nil
	}
}

// write writes lines, and has those written that came meanwhile. What cannot be written is dropped: there is nowhere to tell.
func (l *logLines) write(lines []byte) {
	_, _ = l.to.Write(lines)
	l.mu.Lock()
	dropped := l.dropped
	l.spare, l.stuck, l.dropped = lines, false, 0
	close(l.writing)
	l.writing = nil
	l.begin()
	l.mu.Unlock()
	if dropped > 0 {
		l.lost(dropped)
	}
}

// flush writes what waits. It returns when that was taken, or nobody has taken anything for a while.
func (l *logLines) flush() {
	timer := time.NewTimer(logStuck)
	defer timer.Stop()
	for range 2 { // what is being written, and what waits behind it
		l.mu.Lock()
		l.begin()
		taken, stuck := l.writing, l.stuck
		l.mu.Unlock()
		if taken == nil || stuck {
			return
		}
		select {
		case <-taken:
		case <-timer.C:
			l.mu.Lock()
			l.stuck = l.writing == taken
			l.mu.Unlock()
			return
		}
	}
}
