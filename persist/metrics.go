package persist

import "time"

// Metrics are figures of a store for monitoring.
type Metrics struct {
	DiskBytes         int64   // taken by the database, its log files included
	WALBytes          int64   // taken by its log files
	FreeBytes         int64   // on the disk, as of the last check; -1 if unknown
	TotalBytes        int64   // of the disk; -1 if unknown
	BallastBytes      int64   // that can be given back when the disk is full
	MinFreeBytes      int64   // below which the store is read-only; negative = no guard
	LastCommitSeconds float64 // of the last commit, until durable
	CommittingSeconds float64 // for how long the commit under way has been; 0 = none is
	// What Pebble has told since the store was opened.
	BackgroundErrors, SlowDisk, WriteStalls uint64
	Last                                    uint64 // position of the last record
	Checkpoint                              uint64 // position of the checkpoint, 0 if there is none
	// WatermarkAgeSeconds is how long ago the watermark last stood at the end of the log. If the machine failed
	// now, the loss of records younger than that could go unnoticed. In an idle store it is below the interval.
	WatermarkAgeSeconds float64
	OldLog              OldLog
}

// Metrics returns the figures of now. In a poisoned store Pebble may no longer
// answer: its figures are then the last known, as in a closed one.
func (s *Store) Metrics() Metrics {
	if v, err := s.acquire(); err == nil && !isClosed(s.poisoned) {
		err = s.guard("metrics", 0, func() error {
			defer s.drop(v)
			m := s.db.Metrics()
			s.metrics.Store(&Metrics{DiskBytes: int64(m.DiskSpaceUsage()), WALBytes: int64(m.WAL.PhysicalSize)})
			return nil
		})
		if err != nil {
			s.opts.Logger.Error("no figures from Pebble", "error", err)
		}
	} else if err == nil {
		go s.drop(v)
	}
	m := *s.metrics.Load()
	v := s.current.Load()
	m.FreeBytes, m.Last = s.health.space.free.Load(), uint64(v.last)
	m.TotalBytes, m.BallastBytes = s.health.space.total.Load(), max(s.health.space.ballast.Load(), 0)
	m.CommittingSeconds = s.health.stall.committing().Seconds()
	e := &s.health.events
	m.BackgroundErrors, m.SlowDisk, m.WriteStalls = e.backgroundErrors.Load(), e.slowDisk.Load(), e.writeStalls.Load()
	m.MinFreeBytes = s.opts.MinFreeBytes
	m.WatermarkAgeSeconds = (time.Since(s.born) - time.Duration(s.marked.Load())).Seconds()
	m.OldLog = s.OldLog()
	m.LastCommitSeconds = float64(s.lastCommit.Load()) / 1e9
	if v.checkpoint != nil {
		m.Checkpoint = uint64(v.checkpoint.info.Seq)
	}
	return m
}
