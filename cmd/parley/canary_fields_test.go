package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// writes are requests that are taken as they are; each call of one makes all that it needs.
func (d *drive) writes() map[string]func() (method, path string, body object) {
	fresh := 0
	next := func(kind string) string {
		fresh++
		return fmt.Sprint(kind, "-", fresh)
	}
	open := func() string {
		id := next("open")
		d.must(201, "PUT", "/v1/cases/"+id, d.casus(id))
		return id
	}
	slot := func() object { // 3 reviewers, 9 hours of 4 slots
		fresh++
		return object{"reviewerId": fmt.Sprint("rev-", fresh%3), "start": fmt.Sprintf("2026-11-%02dT%02d:00:00-05:00", 17+fresh/24%4, 9+fresh/3%8)}
	}
	booked := func() string {
		for range 20 {
			b := d.form("createAppointment ")
			b["caseIds"], b["slot"] = []string{open()}, slot()
			if a := d.send("POST", "/v1/appointments", d.wire(b)); a.status == http.StatusCreated {
				var made struct {
					ID string `json:"id"`
				}
				a.into(d.t, &made)
				return "/v1/appointments/" + made.ID
			}
		}
		d.t.Fatal("no slot is free")
		return ""
	}
	return map[string]func() (string, string, object){
		"putReviewer": func() (string, string, object) {
			id := next("rev")
			return "PUT", "/v1/reviewers/" + id, d.reviewer(id)
		},
		"putCase": func() (string, string, object) { id := next("case"); return "PUT", "/v1/cases/" + id, d.casus(id) },
		"createHold": func() (string, string, object) {
			return "POST", "/v1/holds", object{"caseIds": []string{open()}, "slot": slot()}
		},
		"createAppointment": func() (string, string, object) {
			b := d.form("createAppointment ")
			b["caseIds"], b["slot"] = []string{open()}, slot()
			return "POST", "/v1/appointments", b
		},
		"rescheduleAppointment": func() (string, string, object) { return "POST", booked() + "/reschedule", object{"slot": slot()} },
		"cancelAppointment": func() (string, string, object) {
			return "POST", booked() + "/cancel", object{"reason": d.text("cancelAppointment /reason"), "by": "payer"}
		},
		"recordAttempt": func() (string, string, object) {
			return "POST", booked() + "/attempts", object{"at": d.now(), "direction": "outbound", "result": "voicemail", "callbackNumberGiven": false}
		},
		"completeCall": func() (string, string, object) { return "POST", booked() + "/complete", object{"outcome": "upheld"} },
		"startCall":    func() (string, string, object) { return "POST", booked() + "/start", object{} },
		"reassignCall": func() (string, string, object) { return "POST", booked() + "/reassign", object{"reviewerId": "rev-2"} },
		"putMe":        func() (string, string, object) { return "PUT", "/v1/me", object{"timeZone": "US/Eastern"} },
		"putTenant": func() (string, string, object) {
			id := next("payer")
			return "PUT", "/v1/tenants/" + id, object{"id": id}
		},
		"resealParts": func() (string, string, object) { return "POST", "/v1/vault/reseal", object{} },
	}
}

// eachField puts a token into one field after the other of what the document says can be
// sent, also into those that nobody sends yet, with all else as it should be.
func (d *drive) eachField() {
	d.t.Helper()
	writes := d.writes()
	for _, path := range d.document["paths"].(object) { //order: each operation has tokens of its own
		for _, v := range path.(object) { //order: the same
			op, _ := v.(object)
			id, _ := op["operationId"].(string)
			fresh, ours := writes[id]
			if !ours {
				continue
			}
			delete(writes, id)
			content := op["requestBody"].(object)["content"].(object)["application/json"].(object)
			d.fields(id, d.resolve(content["schema"]), nil, func(places []string, schema object) {
				method, path, body := fresh()
				where := id + " /" + strings.Join(places, "/")
				var token any = d.text(where)
				if phone, _ := d.fill(where, schema, 0, true).(string); strings.HasPrefix(phone, "+1907") {
					token = phone
				}
				if d.put(body, places, token, d.resolve(content["schema"])) {
					d.send(method, path, d.wire(body))
				}
			})
		}
	}
	for id := range writes { //order: any of them fails the test
		d.t.Errorf("there is no operation %s", id)
	}
}

// fields yields the places of all texts of a schema.
func (d *drive) fields(id string, schema object, places []string, yield func([]string, object)) {
	schema = d.resolve(schema)
	for _, kind := range []string{"oneOf", "anyOf", "allOf"} {
		for _, one := range list(schema[kind]) {
			d.fields(id, d.resolve(one), places, yield)
		}
	}
	if len(places) > 6 {
		return
	}
	properties, _ := schema["properties"].(object)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		d.fields(id, d.resolve(properties[name]), append(slices.Clone(places), name), yield)
	}
	if items := d.resolve(schema["items"]); items != nil {
		d.fields(id, items, append(slices.Clone(places), "0"), yield)
	}
	if kinds := fmt.Sprint(schema["type"]); strings.Contains(kinds, "string") && len(places) > 0 {
		yield(places, schema)
	}
}

// put sets a value deep in a document, making what is above it as the schema wants it.
func (d *drive) put(in object, places []string, value any, schema object) bool {
	name := places[0]
	if len(places) == 1 {
		in[name] = value
		return true
	}
	properties, _ := d.resolve(schema)["properties"].(object)
	inner := d.resolve(properties[name])
	for _, kind := range []string{"oneOf", "anyOf"} {
		for _, one := range list(inner[kind]) {
			if s := d.resolve(one); s["properties"] != nil || s["items"] != nil {
				inner = s
			}
		}
	}
	if places[1] == "0" {
		if len(places) == 2 {
			in[name] = []any{value}
			return true
		}
		item, ok := d.fill("filled /"+name, d.resolve(inner["items"]), 0, true).(object)
		in[name] = []any{item}
		return ok && d.put(item, places[2:], value, d.resolve(inner["items"]))
	}
	child, ok := in[name].(object)
	if !ok {
		if child, ok = d.fill("filled /"+name, inner, 0, true).(object); !ok {
			return false
		}
		in[name] = child
	}
	return d.put(child, places[1:], value, inner)
}
