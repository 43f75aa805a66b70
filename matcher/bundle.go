package matcher

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

//go:embed rules/*.json rules/examples/*.txt
var embedded embed.FS

// sections are the rule files, without .json, in the order of the bundle.
var sections = []string{"attestations", "holidays", "jurisdictions", "labels", "payers", "programs", "similarity", "specialties", "states"}

// optionalSections may be absent: bundles are older than these.
var optionalSections = []string{"holidays"}

// MaxBundleBytes bounds a bundle of rules.
const MaxBundleBytes = 16 << 20

// EmbeddedFiles returns the shipped rules as they are written: the rule files,
// and in the folder examples scripts that they fulfil.
func EmbeddedFiles() fs.FS {
	dir, err := fs.Sub(embedded, "rules")
	if err != nil { // the name is a valid one
		panic("matcher: embedded rules: " + err.Error())
	}
	return dir
}

// EmbeddedRules returns the shipped rules as one canonical bundle, the form in
// which a command carries them into the log.
func EmbeddedRules() ([]byte, error) {
	return BundleRules(EmbeddedFiles())
}

// BundleRules joins the rule files at the root of dir into one canonical JSON
// document (RFC 8785) with a member per file. It refuses a missing file, a JSON
// file that is no rule file, duplicate members and bad JSON; what the rules
// mean, CompileRules checks.
func BundleRules(dir fs.FS) ([]byte, error) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !slices.Contains(sections, strings.TrimSuffix(path.Base(name), ".json")) {
			return nil, fmt.Errorf("rules: %s is no rule file", name)
		}
	}
	bundle := []byte{'{'}
	for _, name := range sections {
		b, err := fs.ReadFile(dir, name+".json")
		if errors.Is(err, fs.ErrNotExist) && slices.Contains(optionalSections, name) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("rules: %w", err)
		}
		value := jsontext.Value(b)
		if err := value.Canonicalize(); err != nil {
			return nil, fmt.Errorf("rules: %s.json: %w", name, err)
		}
		if len(bundle) > 1 {
			bundle = append(bundle, ',')
		}
		bundle = fmt.Appendf(bundle, "%q:%s", name, value)
	}
	bundle = append(bundle, '}')
	if len(bundle) > MaxBundleBytes {
		return nil, fmt.Errorf("rules: %d bytes, at most %d", len(bundle), MaxBundleBytes)
	}
	return bundle, nil
}
