package server

import (
	"net/http"
	"sync"
	"time"
)

// logLinesEach is how many lines a second the log has of requests that are charged to nobody or refused for a rate, and of broken
// connections: anybody can make as many of them as the machine takes. The others are counted, in the log and by the metrics.
const logLinesEach = 100

// logBound bounds them.
type logBound struct {
	mu     sync.Mutex
	second int64 // of Unix
	lines  int   // in it
	unsaid uint64
}

// admits says whether one more has a line, and how many had none before the first line of a second.
func (b *logBound) admits(now time.Time) (line bool, unsaid uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := now.Unix(); s != b.second {
		unsaid, b.second, b.lines, b.unsaid = b.unsaid, s, 0, 0
	}
	if b.lines == logLinesEach {
		b.unsaid++
		return false, 0
	}
	b.lines++
	return true, unsaid
}

// hasLine says whether a request is told of in the log.
func (s *Server) hasLine(a *admitted, status int) bool {
	return a.who != nil && status != http.StatusTooManyRequests || s.troubleHasLine()
}

// troubleHasLine says whether something that anybody can cause is told of in the log, after how many things were not.
func (s *Server) troubleHasLine() bool {
	line, unsaid := s.trouble.admits(time.Now())
	if unsaid > 0 {
		s.log.Warn("requests and broken connections had no line", "total", unsaid)
	}
	return line
}
