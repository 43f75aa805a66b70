package persist

import (
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// TestWatermarkAge: the watermark ages while it cannot be written, and is young again afterwards.
func TestWatermarkAge(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.WatermarkInterval = time.Millisecond
	s := mustCreate(t, o)
	appendRecords(t, s, 3)
	fs.set(failing(syscall.EIO, newWatermark, errorfs.OpCreate))
	appendRecords(t, s, 1)
	for s.Writable() == nil { // until the keeper has tried
	}
	// Nothing stands at the end of the log any more, so the age is a clock.
	began := time.Now()
	before, after := s.Metrics(), s.Metrics()
	if grown := after.WatermarkAgeSeconds - before.WatermarkAgeSeconds; grown <= 0 || grown > time.Since(began).Seconds() {
		t.Errorf("the watermark aged by %v s between two looks", grown)
	}
	if after.MinFreeBytes != DefaultMinFreeBytes {
		t.Errorf("%d bytes must be free, want %d", after.MinFreeBytes, DefaultMinFreeBytes)
	}
	fs.clear()
	for s.Metrics().WatermarkAgeSeconds >= after.WatermarkAgeSeconds {
	}
	mustClose(t, s)
}
