package matcher

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryCodeHasAConcept reads the individual codes of NUCC 25.1.
func TestEveryCodeHasAConcept(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	known := nuccCodes(t)
	for _, row := range known {
		if _, label, ok := rs.SpecialtyConcept(row[0]); !ok || label == "" {
			t.Errorf("%s (%s, %s) has no concept", row[0], row[2], row[3])
		}
	}
	if got := len(rs.concepts.byCode); got != len(known) {
		t.Errorf("%d codes are mapped, NUCC has %d", got, len(known))
	}
}

func nuccCodes(tb testing.TB) [][]string {
	tb.Helper()
	f, err := os.Open("testdata/nucc_25_1.csv")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	return rows[1:]
}

// relations compares codes for a program and an adult.
func relations(t *testing.T) func(a, b, program, want string) {
	rs := shipped(t)
	return func(a, b, program, want string) {
		t.Helper()
		if got := rs.Relation(a, b, program, "adult"); got.String() != want {
			t.Errorf("%s and %s for %s: %s, want %s", a, b, program, got, want)
		}
	}
}

func TestRelationsOfSpecialties(t *testing.T) {
	t.Parallel()
	f := relations(t)
	// One specialty, general or subspecialised.
	f("207X00000X", "207X00000X", "msk-spine-surgery", "same_subspecialty")
	f("207X00000X", "207XS0117X", "msk-spine-surgery", "same")
	f("207XS0117X", "207XS0117X", "msk-spine-surgery", "same_subspecialty")
	f("207XS0117X", "207XS0114X", "msk-spine-surgery", "none")
	// Subspecialties of one specialty are similar by the table alone, on its line alone.
	f("207XS0114X", "207XX0005X", "msk-joint-surgery", "similar")
	f("207XS0114X", "207XX0801X", "msk", "similar")
	f("207XS0114X", "207XX0005X", "msk-spine-surgery", "none")
	// A closer relation wins over the table, which has both.
	f("207X00000X", "207XS0114X", "msk-joint-surgery", "same")
	// Neurosurgery is similar for spines, to surgeons of the spine and to general ones.
	f("207T00000X", "207XS0117X", "msk-spine-surgery", "similar")
	f("207T00000X", "207X00000X", "msk-spine-surgery", "similar")
	f("207T00000X", "207XX0801X", "msk-spine-surgery", "none")
	f("207T00000X", "207X00000X", "msk-joint-surgery", "none")
	// Internal medicine, radiology, psychiatry and neurology are no specialties of one kind.
	f("207R00000X", "207RC0000X", "cardiac", "none")
	f("207RC0000X", "207RG0100X", "gastroenterology", "none")
	f("2085R0202X", "2085R0001X", "radiation-oncology", "none")
	f("2085R0001X", "2085R0203X", "radiation-oncology", "same_subspecialty")
	f("2084P0800X", "2084N0400X", "medication", "none")
	f("2083A0100X", "2083P0901X", "medication", "none")
	f("207SC0300X", "207SG0201X", "lab", "none")
	f("207ZP0101X", "207ZC0006X", "lab", "none")
	f("207ZP0101X", "207ZP0102X", "lab", "same")
	// Cardiology, by the tree and by the table.
	f("207RC0000X", "207RI0011X", "sleep", "same")
	f("207RI0011X", "207RC0001X", "cardiac", "similar")
	f("207RI0011X", "207RC0001X", "radiology-cardiology", "similar")
	f("207RI0011X", "207RC0001X", "advanced-imaging", "none")
	f("207RC0000X", "2080P0202X", "cardiac", "none")
	// Oncology leaves radiation oncology out.
	f("207RH0003X", "207VX0201X", "medical-oncology", "similar")
	f("207RX0202X", "2085R0001X", "medical-oncology", "none")
}

func TestRelationTraps(t *testing.T) {
	t.Parallel()
	f := relations(t)
	// Names that several classifications share: own specialties, tied by the table.
	f("207LP2900X", "2081P2900X", "ipm", "similar")
	f("208VP0014X", "2084P2900X", "ipm", "similar")
	f("208VP0014X", "208VP0000X", "ipm", "same")
	f("207LP2900X", "207L00000X", "ipm", "similar")
	f("207LP2900X", "2081P2900X", "msk-spine-surgery", "none")
	f("207RS0012X", "2084S0012X", "sleep", "similar")
	f("207RP1001X", "2084S0012X", "sleep", "similar")
	f("207RS0012X", "2084S0012X", "dme", "none")
	f("207XX0005X", "207QS0010X", "msk", "none")
	f("2081S0010X", "207QS0010X", "physical-medicine", "none")
	f("207RH0002X", "2085H0002X", "medical-oncology", "none")
	// Hand surgery under its two names and three boards.
	f("207XS0106X", "2082S0105X", "msk", "none")
	f("2082S0105X", "2086S0105X", "msk", "none")
	f("207XS0106X", "207X00000X", "msk", "same")
	// One field under two codes.
	f("2086S0122X", "208200000X", "medication", "same_subspecialty")
	f("207K00000X", "207RA0201X", "medication", "same_subspecialty")
	// A code's letters lie: diabetology of internists is filed under family medicine's.
	f("207QB0505X", "207Q00000X", "medication", "none")
	// Other professions are grouped.
	f("225100000X", "2251X0800X", "physical-medicine", "same_subspecialty")
	f("225100000X", "225X00000X", "physical-medicine", "none")
	f("111N00000X", "111NX0800X", "physical-medicine", "same_subspecialty")
	f("363L00000X", "363A00000X", "medication", "none")
	// Codes that name no field of practice match nothing, not even themselves.
	f("193400000X", "193400000X", "medication", "none")
	f("202C00000X", "202C00000X", "medication", "none")
	f("390200000X", "390200000X", "medication", "none")
	// Unknown codes and programs.
	f("", "", "medication", "none")
	f("9999999999", "9999999999", "medication", "none")
	f("207T00000X", "207X00000X", "no-such-program", "none")
	f("207T00000X", "207T00000X", "no-such-program", "same_subspecialty")
}

// TestSimilarityKnowsPopulations: paediatricians belong to primary care for children alone.
func TestSimilarityKnowsPopulations(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	f := func(a, b, population, want string) {
		t.Helper()
		if got := rs.Relation(a, b, "advanced-imaging", population); got.String() != want {
			t.Errorf("%s and %s for %s: %s, want %s", a, b, population, got, want)
		}
	}
	f("207Q00000X", "207R00000X", "adult", "similar")
	f("207Q00000X", "207R00000X", "pediatric", "similar")
	f("207Q00000X", "208000000X", "pediatric", "similar")
	f("207Q00000X", "208000000X", "adult", "none")
	f("207Q00000X", "208000000X", "", "none")
	f("208000000X", "208000000X", "adult", "same_subspecialty")
}

// TestSimilarIsNotTransitive: neurosurgery ties two orthopaedic subspecialties to
// itself and not to each other, beyond what the tree says.
func TestSimilarIsNotTransitive(t *testing.T) {
	t.Parallel()
	rows := `{"id": "trauma-neurosurgery", "serviceLines": ["spine-surgery"], "source": "test",
		"members": [{"concept": "orthopaedic-surgery/trauma"}, {"concept": "neurosurgery"}]}`
	rs, err := CompileRules(withRows(t, "similarity", rows))
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"207XX0801X", "207T00000X"}, {"207T00000X", "207XS0117X"}} {
		if got := rs.Relation(pair[0], pair[1], "msk-spine-surgery", "adult"); got != RelationSimilar {
			t.Errorf("%v: %s", pair, got)
		}
	}
	if got := rs.Relation("207XX0801X", "207XS0117X", "msk-spine-surgery", "adult"); got != RelationNone {
		t.Errorf("trauma and spine: %s", got)
	}
}

// TestPairsHoldWhereBothMembersDo: for populations that both name.
func TestPairsHoldWhereBothMembersDo(t *testing.T) {
	t.Parallel()
	rows := `{"id": "x", "serviceLines": ["sleep"], "source": "test", "members": [
		{"concept": "nephrology", "populations": ["adult", "geriatric"]}, {"concept": "urology", "populations": ["adult", "pediatric"]}]}`
	rs, err := CompileRules(withRows(t, "similarity", rows))
	if err != nil {
		t.Fatal(err)
	}
	for population, want := range map[string]Relation{"adult": RelationSimilar, "geriatric": RelationNone, "pediatric": RelationNone} {
		for _, pair := range [][2]string{{"207RN0300X", "208800000X"}, {"208800000X", "207RN0300X"}} {
			if got := rs.Relation(pair[0], pair[1], "sleep", population); got != want {
				t.Errorf("%v for %s: %s, want %s", pair, population, got, want)
			}
		}
	}
}

// TestRelationAgainstTwin: symmetric, reflexive for what is comparable, and equal
// to a comparison of the concepts' names and the sets as they are written.
func TestRelationAgainstTwin(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	sets := map[string][][]string{}
	for _, r := range rowsOf[similarRow](t, "similarity") {
		var members []string
		for _, m := range r.Members {
			members = append(members, m.Concept+"|"+strings.Join(m.Populations, "|"))
		}
		for _, line := range r.ServiceLines {
			sets[line] = append(sets[line], members)
		}
	}
	var codes []string
	for _, row := range nuccCodes(t) {
		codes = append(codes, row[0])
	}
	similar := rapid.SampledFrom([]string{
		"207X00000X", "207XS0117X", "207XS0114X", "207T00000X", "208000000X", "207Q00000X", "207R00000X", "2084N0400X", "207RP1001X",
	})
	code := rapid.OneOf(rapid.SampledFrom(codes), similar, rapid.SampledFrom([]string{"", "0000000000"}))
	programs := rapid.SampledFrom([]string{"msk-spine-surgery", "msk-joint-surgery", "ipm", "advanced-imaging", "sleep", "unknown"})
	rapid.Check(t, func(t *rapid.T) {
		a, b := code.Draw(t, "a"), code.Draw(t, "b")
		program := programs.Draw(t, "program")
		population := rapid.SampledFrom(populations).Draw(t, "population")
		got := rs.Relation(a, b, program, population)
		if back := rs.Relation(b, a, program, population); back != got {
			t.Fatalf("%s to %s is %s, back %s", a, b, got, back)
		}
		line := rs.programs[program].serviceLine
		if want := relationTwin(rs, sets[line], a, b, population); got.String() != want {
			t.Fatalf("%s to %s: %s, want %s", a, b, got, want)
		}
	})
}

// relationTwin compares names of concepts.
func relationTwin(rs *Ruleset, sets [][]string, a, b, population string) string {
	x, _, okX := rs.SpecialtyConcept(a)
	y, _, okY := rs.SpecialtyConcept(b)
	if !okX || !okY {
		return "none"
	}
	for _, c := range rs.concepts.concepts {
		if (c.id == x || c.id == y) && !c.comparable {
			return "none"
		}
	}
	xSpecialty, xSub, _ := strings.Cut(x, "/")
	ySpecialty, ySub, _ := strings.Cut(y, "/")
	if xSpecialty == ySpecialty && xSub == ySub {
		return "same_subspecialty"
	}
	if xSpecialty == ySpecialty && (xSub == "" || ySub == "") {
		return "same"
	}
	for _, set := range sets {
		hits := 0
		for _, member := range set {
			name, only, _ := strings.Cut(member, "|")
			if (name == x || name == y) && (only == "" || strings.Contains(only, population)) {
				hits++
			}
		}
		if hits == 2 {
			return "similar"
		}
	}
	return "none"
}
