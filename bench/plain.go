package bench

import (
	"encoding/json"
	"fmt"

	"github.com/parleyhq/parley/matcher"
)

// PlainRules is the shipped bundle without what makes rules costly: no
// jurisdictions, and of the payers' rows only the default one, which takes
// every case. What a search costs beyond it is the price of the rules.
func PlainRules() ([]byte, error) {
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		return nil, err
	}
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(bundle, &sections); err != nil {
		return nil, err
	}
	rows := func(name string) (file map[string]any, list []any, err error) {
		if err := json.Unmarshal(sections[name], &file); err != nil {
			return nil, nil, fmt.Errorf("bench: rules: %s: %w", name, err)
		}
		list, _ = file["rows"].([]any)
		return file, list, nil
	}
	jurisdictions, _, err := rows("jurisdictions")
	if err != nil {
		return nil, err
	}
	jurisdictions["rows"] = []any{}
	payers, list, err := rows("payers")
	if err != nil {
		return nil, err
	}
	var kept []any
	for _, row := range list {
		fields, _ := row.(map[string]any)
		if fields["healthPlan"] != "*" {
			continue
		}
		clauses, _ := fields["clauses"].([]any)
		if len(clauses) == 0 {
			return nil, fmt.Errorf("bench: rules: the default row has no clauses")
		}
		fields["clauses"] = clauses[len(clauses)-1:] // a call may be asked for
		for _, name := range []string{"requires", "limits"} {
			delete(fields, name)
		}
		kept = append(kept, fields)
	}
	payers["rows"] = kept
	for name, file := range map[string]any{"jurisdictions": jurisdictions, "payers": payers} {
		if sections[name], err = json.Marshal(file); err != nil {
			return nil, err
		}
	}
	return json.Marshal(sections)
}
