package bench

import "testing"

// TestPeakDemand walks a day: every zone is busiest in its own morning, noon and
// afternoon, and together they never ask for more than all of the rate.
func TestPeakDemand(t *testing.T) {
	t.Parallel()
	const steps = 1500
	busiest := [4]float64{}
	for i := range steps {
		all, zones := peakDemand(float64(i) / steps)
		sum := 0.0
		for z, share := range zones {
			sum += share
			busiest[z] = max(busiest[z], share)
		}
		if all > 1 || all <= 0 || sum-all > 1e-9 || all-sum > 1e-9 {
			t.Fatalf("at %d of %d: %v of %v", i, steps, zones, all)
		}
	}
	f := func(eastern float64, want ...int) {
		t.Helper()
		_, zones := peakDemand((eastern - peakFrom) / (peakTo - peakFrom))
		for z, share := range zones {
			peaks := false
			for _, w := range want {
				peaks = peaks || w == z
			}
			if peaks != (share == busiest[z]) {
				t.Errorf("at %v Eastern %s peaks: %v, want %v", eastern, peakZones[z].name, !peaks, peaks)
			}
		}
	}
	f(7.5, 0)
	f(8.5, 1)
	f(9.5, 2)
	f(10.5, 3)
	f(12.5, 0)
	f(13.5, 1)
	f(16.5, 0)
	f(17.5, 0, 1)
	f(18.5, 1, 2)
	f(6.5)
	f(11.5)
}
