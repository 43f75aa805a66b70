package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bounds of what is measured, in nanoseconds, and its precision: a value is off
// by less than one in a thousand. What lies outside counts as the bound.
const (
	lowest  = 100
	highest = int64(2 * time.Minute)
	digits  = 3
)

// Histogram counts durations. The zero value is not usable. Not for concurrent use.
type Histogram struct{ h *hdrhistogram.Histogram }

// NewHistogram returns an empty one, for durations from 100 ns to two minutes.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(lowest, highest, digits)}
}

// Record counts one duration.
func (h *Histogram) Record(d time.Duration) {
	// The bounds are kept here, so that the library has nothing to refuse.
	_ = h.h.RecordValue(min(max(int64(d), lowest), highest))
}

// Add counts all that another one has counted.
func (h *Histogram) Add(other *Histogram) { h.h.Merge(other.h) }

// Reset forgets everything.
func (h *Histogram) Reset() { h.h.Reset() }

// Count returns how many durations were counted.
func (h *Histogram) Count() int64 { return h.h.TotalCount() }

// At returns the duration that a share of 100 does not exceed.
func (h *Histogram) At(percent float64) time.Duration {
	return time.Duration(h.h.ValueAtPercentile(percent))
}

// Encoded is the whole histogram in the compressed form (V2, base64) that tools for
// HDR histograms read; "" if it is empty.
func (h *Histogram) Encoded() string {
	if h.Count() == 0 {
		return ""
	}
	text, err := h.h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic("load: a histogram in memory cannot be encoded: " + err.Error())
	}
	return string(text)
}

// Quantiles sum a histogram up; durations are nanoseconds.
type Quantiles struct {
	Count int64 `json:"count"`
	Min   int64 `json:"minNs"`
	Mean  int64 `json:"meanNs"`
	P50   int64 `json:"p50Ns"`
	P90   int64 `json:"p90Ns"`
	P99   int64 `json:"p99Ns"`
	P999  int64 `json:"p999Ns"`
	Max   int64 `json:"maxNs"`
}

// Quantiles sums up what was counted; all zero if that is nothing.
func (h *Histogram) Quantiles() Quantiles {
	if h.Count() == 0 {
		return Quantiles{}
	}
	return Quantiles{
		Count: h.Count(), Min: h.h.Min(), Mean: int64(h.h.Mean()), Max: h.h.Max(),
		P50: int64(h.At(50)), P90: int64(h.At(90)), P99: int64(h.At(99)), P999: int64(h.At(99.9)),
	}
}
