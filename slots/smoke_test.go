package slots

import "testing"

func TestDeckMorning(t *testing.T) {
	t.Parallel()
	z := mustZone(t, "US/Eastern")
	monday, err := ParseDate("2020-05-18")
	if err != nil || monday.Weekday() != 0 {
		t.Fatal(monday, err)
	}
	a := Availability{Weekly: []WeeklyHours{{Days: 1, Span: ClockSpan{18*60 + 15, 19 * 60}}}}
	from, _ := z.Resolve(monday, 0)
	free := a.Expand(z, Interval{from, from + 7*24*Hour})
	var labels []string
	Grid{15}.Starts(free, 15, func(s Instant) bool {
		labels = append(labels, string(AppendLabel(nil, s, z)))
		return true
	})
	if len(labels) != 3 || labels[0] != "6:15 pm EDT" || labels[2] != "6:45 pm EDT" {
		t.Fatal(labels)
	}
	if got := string(AppendInstant(nil, free.At(0).Start, z)); got != "2020-05-18T18:15:00-04:00" {
		t.Fatal(got)
	}
}
