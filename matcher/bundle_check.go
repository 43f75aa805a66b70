package matcher

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// CheckRules reads, joins and compiles the rule files at the root of dir. Each
// fault names its file and, where there is one, the line of the member or else of
// the row that is at fault. Without faults it returns what BundleRules and
// CompileRules do.
func CheckRules(dir fs.FS) (bundle []byte, rs *Ruleset, faults []RuleError) {
	files, faults := readRuleFiles(dir)
	if len(faults) > 0 {
		return nil, nil, sortFaults(faults)
	}
	bundle, err := BundleRules(dir)
	if err != nil { // a file that changed meanwhile, or all of them too large together
		return nil, nil, []RuleError{{Detail: strings.TrimPrefix(err.Error(), "rules: ")}}
	}
	if rs, err = CompileRules(bundle); err == nil {
		return bundle, rs, nil
	}
	faults = ruleErrors(err)
	mapped := make(map[string]*documentMap)
	for i := range faults {
		fault := &faults[i]
		text, ok := files[fault.Section]
		if !ok {
			continue
		}
		m := mapped[fault.Section]
		if m == nil {
			m = mapDocument(text)
			mapped[fault.Section] = m
		}
		at := m.find(m.root, fault)
		fault.File, fault.Line, fault.Pointer = fault.Section+".json", m.line(at.start), at.pointer
	}
	return nil, nil, sortFaults(faults)
}

// CheckBundle compiles a bundle. Its faults carry pointers into the bundle.
func CheckBundle(bundle []byte) (*Ruleset, []RuleError) {
	rs, err := CompileRules(bundle)
	if err == nil {
		return rs, nil
	}
	faults := ruleErrors(err)
	var m *documentMap
	for i := range faults {
		fault := &faults[i]
		if fault.Section == "" { // not even JSON, or no bundle at all
			continue
		}
		if m == nil {
			m = mapDocument(bundle)
		}
		if section := m.root.member(fault.Section); section != nil {
			fault.Pointer = m.find(section, fault).pointer
		}
	}
	return nil, faults
}

// ruleErrors takes apart what CompileRules joined.
func ruleErrors(err error) (faults []RuleError) {
	list := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		list = joined.Unwrap()
	}
	for _, e := range list {
		var fault *RuleError
		if !errors.As(e, &fault) {
			fault = &RuleError{Detail: e.Error()}
		}
		faults = append(faults, *fault)
	}
	return faults
}

// sortFaults orders faults by file and line; those of one place stay as they came.
func sortFaults(faults []RuleError) []RuleError {
	slices.SortStableFunc(faults, func(a, b RuleError) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return faults
}

// readRuleFiles reads the files of all sections, and finds what is no JSON.
func readRuleFiles(dir fs.FS) (files map[string][]byte, faults []RuleError) {
	names, err := fs.Glob(dir, "*.json")
	if err != nil {
		return nil, []RuleError{{Detail: err.Error()}}
	}
	for _, name := range names {
		if section := strings.TrimSuffix(path.Base(name), ".json"); !slices.Contains(sections, section) {
			faults = append(faults, RuleError{File: name, Detail: "no rule file; they are " + strings.Join(sections, ", ") + " (.json)"})
		}
	}
	files = make(map[string][]byte, len(sections))
	for _, section := range sections {
		text, err := fs.ReadFile(dir, section+".json")
		switch {
		case errors.Is(err, fs.ErrNotExist) && slices.Contains(optionalSections, section):
			continue
		case errors.Is(err, fs.ErrNotExist):
			err = errors.New("missing")
		case err == nil && len(text) > MaxBundleBytes:
			err = fmt.Errorf("%d bytes, at most %d", len(text), MaxBundleBytes)
		case err == nil:
			if fault := syntaxFault(text); fault != nil {
				fault.Section, fault.File = section, section+".json"
				faults = append(faults, *fault)
			}
			files[section] = text
			continue
		}
		faults = append(faults, RuleError{Section: section, File: section + ".json", Detail: err.Error()})
	}
	return files, faults
}

// syntaxFault finds the first place where a text stops being one JSON document
// without duplicate members; nil if there is none.
func syntaxFault(text []byte) *RuleError {
	value := jsontext.Value(bytes.Clone(text))
	err := value.Canonicalize()
	if err == nil {
		return nil
	}
	fault := &RuleError{Detail: err.Error(), Line: 1}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		at := min(int(syntax.ByteOffset), len(text))
		fault.Line = lineOf(text, at)
		fault.Pointer = string(syntax.JSONPointer)
		fault.Detail = syntax.Err.Error()
		if errors.Is(err, jsontext.ErrDuplicateName) {
			fault.Detail = "member " + fault.Pointer + " occurs twice"
		}
	}
	return fault
}

// lineOf returns the number, from 1, of the line that an offset is in.
func lineOf(text []byte, offset int) int {
	return 1 + bytes.Count(text[:offset], []byte{'\n'})
}
