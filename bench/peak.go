package bench

// peakZones are the zones of the morning peak with their hours behind Eastern time and their share
// of the callers in percent.
var peakZones = []struct {
	name   string
	behind float64
	share  float64
}{{"America/New_York", 0, 47}, {"America/Chicago", 1, 29}, {"America/Denver", 2, 7}, {"America/Los_Angeles", 3, 17}}

// The day of the morning peak, in hours of Eastern time: from 6:00 there to 18:00
// at the Pacific.
const peakFrom, peakTo = 6.0, 21.0

// demand is how busy an hour of local time is, 0–1.
func demand(hour float64) float64 {
	switch {
	case hour >= 7 && hour < 8, hour >= 12 && hour < 13, hour >= 16 && hour < 18:
		return 1
	case hour >= 6 && hour < 18:
		return 0.2
	}
	return 0.02
}

// peakDemand is the rate of all zones as a share of the highest possible one, at a
// share of the day, and how it is spread over the zones.
func peakDemand(at float64) (all float64, zones [4]float64) {
	for i, z := range peakZones {
		zones[i] = z.share / 100 * demand(peakFrom+at*(peakTo-peakFrom)-z.behind)
		all += zones[i]
	}
	return all, zones
}
