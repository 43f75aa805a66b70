package matcher

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// RowChange is how a row of one bundle differs in another.
type RowChange struct {
	Section, ID string // ID is "" for what is not a row: the section's version
	Kind        string // added, removed, changed
	Fields      []FieldChange
}

// FieldChange is one value of a changed row. The pointer is that of a JSON
// pointer, but for items that have an id: those are named by it, since their
// places in the list have no meaning.
type FieldChange struct {
	Pointer       string
	Before, After string // canonical JSON, "" = not there
}

// DiffRules compares two bundles, sections and rows in order of name and id. It
// fails if one of them is no bundle; what the rows mean does not matter.
func DiffRules(before, after []byte) ([]RowChange, error) {
	old, err := takeApart(before)
	if err != nil {
		return nil, fmt.Errorf("rules before: %w", err)
	}
	now, err := takeApart(after)
	if err != nil {
		return nil, fmt.Errorf("rules after: %w", err)
	}
	var changes []RowChange
	keys := slices.AppendSeq(slices.Collect(maps.Keys(old)), maps.Keys(now)) //order: sorted below
	slices.SortFunc(keys, compareKeys)
	for _, key := range slices.Compact(keys) {
		a, was := old[key]
		b, is := now[key]
		c := RowChange{Section: key.section, ID: key.id, Kind: "changed"}
		switch {
		case !was:
			c.Kind = "added"
		case !is:
			c.Kind = "removed"
		default:
			if c.Fields = diffValues(nil, "", a, b); len(c.Fields) == 0 {
				continue
			}
		}
		changes = append(changes, c)
	}
	return changes, nil
}

type rowKey struct{ section, id string }

func compareKeys(a, b rowKey) int {
	return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.id, b.id))
}

// takeApart gives the rows of a bundle, in canonical form.
func takeApart(bundle []byte) (map[rowKey]jsontext.Value, error) {
	canonical := jsontext.Value(slices.Clone(bundle))
	if err := canonical.Canonicalize(); err != nil {
		return nil, err
	}
	var parts map[string]section
	if err := decodeStrict(canonical, &parts); err != nil {
		return nil, err
	}
	rows := make(map[rowKey]jsontext.Value)
	for name, s := range parts { //order: each goes to its own keys
		rows[rowKey{section: name}] = jsontext.Value(fmt.Sprintf(`{"version":%d}`, s.Version))
		for i, raw := range s.Rows {
			id := idOf(raw)
			if id == "" {
				return nil, fmt.Errorf("%s: rows[%d] has no id", name, i)
			}
			rows[rowKey{name, id}] = raw
		}
	}
	return rows, nil
}

// idOf returns the member id of an object, "" if it is none or has none.
func idOf(v jsontext.Value) string {
	var head struct {
		ID string `json:"id"`
	}
	if v.Kind() != '{' || json.Unmarshal(v, &head) != nil {
		return ""
	}
	return head.ID
}

// diffValues adds what differs between two canonical values to changes.
func diffValues(changes []FieldChange, pointer string, a, b jsontext.Value) []FieldChange {
	if string(a) == string(b) {
		return changes
	}
	if a.Kind() != b.Kind() {
		return append(changes, FieldChange{pointer, string(a), string(b)})
	}
	from, fromNames := partsOf(a)
	to, toNames := partsOf(b)
	if from == nil || to == nil {
		return append(changes, FieldChange{pointer, string(a), string(b)})
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(fromNames, toNames)))) {
		token := jsontext.Pointer(pointer).AppendToken(name)
		changes = diffValues(changes, string(token), from[name], to[name])
	}
	if a.Kind() == '[' { // of items in both, the first may win: their order has a meaning
		lost := func(in map[string]jsontext.Value) func(string) bool {
			return func(name string) bool { return in[name] == nil }
		}
		fromNames, toNames = slices.DeleteFunc(fromNames, lost(to)), slices.DeleteFunc(toNames, lost(from))
		if !slices.Equal(fromNames, toNames) {
			changes = append(changes, FieldChange{pointer, orderOf(fromNames), orderOf(toNames)})
		}
	}
	return changes
}

func orderOf(ids []string) string {
	b, err := json.Marshal(ids)
	if err != nil {
		return ""
	}
	return string(b)
}

// partsOf takes apart an object, or a list whose items have ids of their own, and
// tells the names in order; nil for anything else.
func partsOf(v jsontext.Value) (byName map[string]jsontext.Value, names []string) {
	if v.Kind() == '{' {
		if json.Unmarshal(v, &byName) != nil {
			return nil, nil
		}
		return byName, slices.Sorted(maps.Keys(byName))
	}
	var items []jsontext.Value
	if v.Kind() != '[' || json.Unmarshal(v, &items) != nil || len(items) == 0 {
		return nil, nil
	}
	byName = make(map[string]jsontext.Value, len(items))
	for _, item := range items {
		id := idOf(item)
		if _, taken := byName[id]; id == "" || taken {
			return nil, nil
		}
		byName[id] = item
		names = append(names, id)
	}
	return byName, names
}
