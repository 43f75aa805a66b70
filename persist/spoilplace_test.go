package persist

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// naming is how well a refusal says where the damage is.
type naming int

const (
	named    naming = iota // the damaged file, or what is wrong in which keyspace of the database
	vague                  // the kinds of files that are read before the log, of which the damaged one is
	unnamed                // nothing
	misnamed               // another file than the damaged one, and nothing else
)

var (
	// fallbackPlace is what openDatabase says where Pebble has named nothing.
	fallbackPlace = databaseName + " (MANIFEST, OPTIONS, marker files)"
	// keyspaces are what a store says about the content of its database.
	keyspaces = regexp.MustCompile(`\b(log|checkpoints?|store key|access journal)\b.*\b(seq|generation|missing|differs|chunk|number|key|record)\b`)
	anyFile   = regexp.MustCompile(`IDENTITY|WATERMARK|DAMAGE|MANIFEST-[0-9]+|OPTIONS-[0-9]+|marker\.|\b[0-9]{6}\b`)
	number    = regexp.MustCompile(`[0-9]{6}`)
)

// names says how a refusal names the files that were damaged. Files of the database it may also name by their number, by the kind of
// a marker, or by what is wrong in a keyspace; the files of the store itself, and these alone, only by their names.
func names(refusal string, paths []string) naming {
	text := strings.ReplaceAll(strings.ReplaceAll(refusal, restoreHint, ""), fallbackPlace, "")
	byName := func(p string) bool {
		if !strings.HasPrefix(p, databaseName+"/") {
			return strings.Contains(text, p)
		}
		what := fileKind(p)
		switch {
		case strings.HasPrefix(what, "marker."):
			return strings.Contains(text, what)
		case number.MatchString(path.Base(p)):
			return strings.Contains(text, number.FindString(path.Base(p)))
		}
		return strings.Contains(text, path.Base(p))
	}
	inDatabase := func(p string) bool { return strings.HasPrefix(p, databaseName+"/") }
	switch {
	case paths == nil && anyFile.MatchString(text), slices.ContainsFunc(paths, byName):
		return named
	case (paths == nil || slices.ContainsFunc(paths, inDatabase)) && keyspaces.MatchString(text):
		return named
	case strings.Contains(refusal, fallbackPlace) && (paths == nil || slices.ContainsFunc(paths, readFirst)):
		return vague
	case anyFile.MatchString(text), strings.Contains(refusal, fallbackPlace):
		return misnamed
	}
	return unnamed
}

// readFirst reports whether a file is of a kind that fallbackPlace lists.
func readFirst(p string) bool {
	what := fileKind(p)
	return what == "MANIFEST" || what == "OPTIONS" || strings.HasPrefix(what, "marker.")
}

func TestNames(t *testing.T) {
	t.Parallel()
	const sst, log = databaseName + "/000012.sst", databaseName + "/000014.log"
	for _, c := range []struct {
		text  string
		paths []string
		want  naming
	}{
		{"000012.sst: checksum mismatch", []string{sst}, named},
		{"file 000012: checksum mismatch", []string{sst}, named},
		{"000012.sst: checksum mismatch", []string{log}, misnamed},
		{"000014.log: broken", []string{log, sst}, named},
		{"log: chain broken at seq 7", []string{log}, named},
		{"log: chain broken at seq 7", []string{identityName}, unnamed},
		{"WATERMARK: has 3 bytes", []string{watermarkName}, named},
		{"WATERMARK: has 3 bytes", []string{identityName}, misnamed},
		{fallbackPlace + ": EOF", []string{log}, misnamed},
		{fallbackPlace + ": file 000012 is missing", []string{databaseName + "/MANIFEST-000004"}, vague},
		{fallbackPlace + ": EOF", []string{databaseName + "/MANIFEST-000004"}, vague},
		{fallbackPlace + ": MANIFEST-000004: EOF", []string{databaseName + "/MANIFEST-000004"}, named},
		{"no marker.manifest file", []string{databaseName + "/marker.manifest.000001.MANIFEST-000004"}, named},
		{"no marker.manifest file", nil, named},
		{"something is wrong", nil, unnamed},
		{"something is wrong; " + restoreHint, []string{sst}, unnamed},
	} {
		if got := names(c.text, c.paths); got != c.want {
			t.Errorf("%s, of %v: %d, want %d", c.text, c.paths, got, c.want)
		}
	}
}
