package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// drive sends canaries to a server.
type drive struct {
	t *testing.T
	p *program
	*canaries
	requests int
	refusals bytes.Buffer // answers that are problems, with their headers
	document map[string]any
}

// send sends one request with headers in pairs and keeps what a refusal says.
func (d *drive) send(method, path, body string, headers ...string) answer {
	d.t.Helper()
	d.requests++
	req, err := http.NewRequest(method, d.p.url+path, strings.NewReader(body))
	if err != nil {
		return answer{} // what a client cannot even send
	}
	if method != http.MethodGet && method != http.MethodDelete {
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", fmt.Sprint("drive-", d.requests))
	} else {
		req.Body = http.NoBody
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	res, err := d.p.http.Do(req)
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", method, path, err, d.p.stderr)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if res.StatusCode >= http.StatusBadRequest {
		if res.StatusCode == http.StatusInternalServerError {
			d.t.Errorf("%s %s: 500 %s", method, path, b)
		}
		d.refusals.Write(b)
		_ = res.Header.Write(&d.refusals)
	}
	return answer{res.StatusCode, res.Header, b}
}

// wire is the JSON of a value.
func (d *drive) wire(v any) string {
	d.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// must is send for a request that has to be taken, whose tokens in personal fields then are.
func (d *drive) must(status int, method, path string, body any, headers ...string) answer {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	a := d.send(method, path, string(text), headers...)
	if a.status != status {
		d.t.Fatalf("%s %s: got %d, want %d: %s", method, path, a.status, status, a.body)
	}
	d.takes(string(text))
	return a
}

// takes notes the tokens of something personal that the server has taken.
func (d *drive) takes(text string) {
	for _, token := range d.found([]byte(text)) {
		d.taken[token] = true
	}
}

type object = map[string]any

func (d *drive) person(where string) object {
	return object{"firstName": d.text(where + "/firstName"), "lastName": d.text(where + "/lastName"), "credential": "MD"}
}

func (d *drive) reviewer(id string) object {
	return object{
		"id": id, "name": d.text("putReviewer /name"), "credential": "MD", "npi": "1234567893", "specialties": []string{"207XS0117X"},
		"licenses": []object{{"state": "MA", "type": "full", "status": "active", "from": "2012-01-01", "to": "2029-12-31"}},
		"programs": []string{"msk-spine-surgery"}, "populations": []string{"adult"}, "healthPlans": []string{}, "modalities": []string{},
		"timeZone": "America/New_York", "weeklyHours": []object{{"days": []string{"mon", "tue", "wed", "thu", "fri"}, "start": "09:00", "end": "18:00"}},
		"exceptions": []string{}, "blocks": []string{}, "bufferBeforeMinutes": 0, "bufferAfterMinutes": 0, "maxPerDay": 0, "active": true,
	}
}

func (d *drive) provider(where string) object {
	return object{
		"npi": "1234567893", "firstName": d.text(where + "/firstName"), "lastName": d.text(where + "/lastName"), "credential": "MD",
		"specialty": "207XS0117X", "phone": d.phone(where + "/phone"), "timeZone": "US/Eastern", "extension": "12",
		"cellPhone": d.phone(where + "/cellPhone"), "fax": d.phone(where + "/fax"), "email": d.text(where+"/email") + "@example.com",
	}
}

func (d *drive) casus(id string) object {
	return object{
		"id": id, "authorizationNumber": nil, "episodeId": nil,
		"member":     object{"id": d.text("putCase /member/id"), "name": "Jo " + d.text("putCase /member/name"), "dateOfBirth": "1982-06-28", "state": "MA", "population": "adult"},
		"healthPlan": "hne", "lineOfBusiness": "commercial", "situsState": "MA", "program": "msk-spine-surgery", "levelOfReview": "reconsideration",
		"phase": "pre_service", "expedited": false,
		"determination": object{"status": "denied", "reason": "medical_necessity", "letterDate": "2026-11-10", "letterReceived": true, "final": false},
		"providers":     object{"requesting": d.provider("putCase /providers/requesting"), "ordering": d.provider("putCase /providers/ordering"), "rendering": d.provider("putCase /providers/rendering")},
		"service":       object{"codes": []string{"22551"}, "specialty": "207XS0117X"},
		"outreach":      object{"origin": "payer_required", "instructions": d.text("putCase /outreach/instructions"), "phones": []string{d.phone("putCase /outreach/phones")}},
	}
}

// form is the common part of bookings and callback requests.
func (d *drive) form(where string) object {
	contact := d.person(where + "/contact")
	delete(contact, "credential")
	maps.Copy(contact, object{
		"location": "provider_office", "phone": d.phone(where + "/contact/phone"), "extension": "12345", "alternatePhone": d.phone(where + "/contact/alternatePhone"),
		"fax": d.phone(where + "/contact/fax"), "email": d.text(where+"/contact/email") + "@example.com", "instructions": d.text(where + "/contact/instructions"),
	})
	by := d.person(where + "/performedBy")
	by["role"] = "requesting_provider"
	return object{"timeZone": "US/Eastern", "performedBy": by, "requestedBy": d.person(where + "/requestedBy"), "contact": contact}
}

// life takes cases through every kind of record that holds something personal.
func (d *drive) life() {
	d.t.Helper()
	for i := range 3 {
		d.must(201, "PUT", fmt.Sprint("/v1/reviewers/rev-", i), d.reviewer(fmt.Sprint("rev-", i)))
	}
	var first object
	for i := range 6 {
		c := d.casus(fmt.Sprint("case-", i))
		if i == 0 {
			first = c
		}
		d.must(201, "PUT", "/v1/cases/"+c["id"].(string), c)
	}
	line, err := json.Marshal(object{"kind": "case", "value": d.casus("case-imported")})
	if err != nil {
		d.t.Fatal(err)
	}
	if a := d.send("POST", "/v1/import", string(line)+"\n", "Content-Type", "application/x-ndjson"); a.status != 200 || !strings.Contains(string(a.body), `"taken":1`) {
		d.t.Fatalf("import: %d %s", a.status, a.body)
	}
	member := first["member"].(object)
	d.send("POST", "/v1/cases/lookup", fmt.Sprintf(`{"memberId":%q,"memberDateOfBirth":"1982-06-28"}`, member["id"]))
	book := func(caseID, start string) string {
		b := d.form("createAppointment ")
		b["caseIds"], b["slot"] = []string{caseID}, object{"reviewerId": "rev-0", "start": start}
		var made struct {
			ID string `json:"id"`
		}
		d.must(201, "POST", "/v1/appointments", b).into(d.t, &made)
		return "/v1/appointments/" + made.ID
	}
	held, over := book("case-0", "2026-11-16T10:00:00-05:00"), book("case-1", "2026-11-16T11:00:00-05:00")
	d.must(200, "POST", held+"/reschedule", object{"slot": object{"reviewerId": "rev-1", "start": "2026-11-16T12:00:00-05:00"}})
	d.must(201, "POST", held+"/attempts", object{
		"at": d.now(), "direction": "outbound", "numberCalled": d.phone("recordAttempt /numberCalled"), "result": "message_with_person",
		"spokeWith":           object{"role": "nurse", "name": d.text("recordAttempt /spokeWith/name")},
		"callbackNumberGiven": d.phone("recordAttempt /callbackNumberGiven"), "newInformation": d.text("recordAttempt /newInformation"),
	})
	d.must(200, "POST", held+"/start", object{})
	d.must(200, "POST", held+"/complete", object{
		"outcome": "upheld", "note": d.text("completeCall /note"),
		"clarifications": []object{{"subject": d.text("completeCall /clarifications/subject"), "documented": d.text("completeCall /clarifications/documented"), "clarified": d.text("completeCall /clarifications/clarified")}},
	})
	d.called()
	d.must(200, "POST", over+"/cancel", object{"reason": d.text("cancelAppointment /reason"), "by": "provider"})
}

// now is the server's present, as an instant.
func (d *drive) now() string {
	d.t.Helper()
	var ready struct {
		Now string `json:"now"`
	}
	d.p.must(200, "GET", "/readyz", "", "").into(d.t, &ready)
	return ready.Now
}

// called asks for calls at once and for callbacks, one of which waits: its answer is kept whole.
func (d *drive) called() {
	d.t.Helper()
	for _, id := range []string{"rev-rad", "rev-therapist"} {
		r := d.reviewer(id)
		r["licenses"] = []object{{"state": "FL", "type": "full", "status": "active", "from": "2012-01-01", "to": "2029-12-31"}}
		r["specialties"], r["programs"] = []string{"2085R0202X"}, []string{"advanced-imaging"}
		if id == "rev-therapist" {
			r["specialties"], r["programs"], r["credential"] = []string{"225100000X"}, []string{"physical-medicine"}, "DPT"
		}
		r["weeklyHours"] = []object{{"days": []string{"mon", "tue", "wed"}, "start": "08:00", "end": "17:00"}}
		d.must(201, "PUT", "/v1/reviewers/"+id, r)
	}
	evolent := func(id, program, code, specialty string) {
		c := d.casus(id)
		c["healthPlan"], c["lineOfBusiness"], c["situsState"], c["program"] = "evolent", "medicaid", "FL", program
		c["member"].(object)["state"] = "FL"
		c["service"] = object{"codes": []string{code}, "specialty": specialty}
		d.must(201, "PUT", "/v1/cases/"+id, c)
	}
	evolent("mri", "advanced-imaging", "70553", "2085R0202X")
	ask := d.form("startAdHoc ")
	delete(ask, "requestedBy")
	ask["caseIds"] = []string{"mri"}
	ask["caller"] = object{"firstName": d.text("startAdHoc /caller/firstName"), "lastName": d.text("startAdHoc /caller/lastName"), "role": "scheduler", "phone": d.phone("startAdHoc /caller/phone")}
	a := d.p.must(201, "POST", "/v1/ad-hoc", "ad-hoc", d.wire(ask))
	d.takes(d.wire(ask["caller"]))
	var hold struct {
		ID   string `json:"id"`
		Slot object `json:"slot"`
	}
	a.into(d.t, &hold)
	b := d.form("createAppointment ")
	b["caseIds"], b["slot"], b["holdId"] = []string{"mri"}, object{"reviewerId": hold.Slot["reviewerId"], "start": hold.Slot["start"]}, hold.ID
	d.must(201, "POST", "/v1/appointments", b)
	for i, day := range []string{"2026-11-17", "2026-11-21"} { // a Saturday: nobody is there
		id := fmt.Sprint("therapy-", i)
		evolent(id, "physical-medicine", "97110", "225100000X")
		r := d.form("createCallback ")
		r["caseIds"], r["windows"] = []string{id}, []object{
			{"start": day + "T09:00:00-05:00", "end": day + "T11:00:00-05:00"}, {"start": day + "T12:00:00-05:00", "end": day + "T14:00:00-05:00"},
		}
		d.must(201, "POST", "/v1/callback-requests", r, "Idempotency-Key", id)
		if again := d.must(201, "POST", "/v1/callback-requests", r, "Idempotency-Key", id); again.header.Get("Idempotent-Replayed") != "true" {
			d.t.Error("the same request was taken twice")
		}
	}
}

// everyRoute goes through the served document: whatever it says can be sent is sent, with
// tokens in it, as the document wants it and in other ways.
func (d *drive) everyRoute() {
	d.t.Helper()
	d.p.must(200, "GET", "/openapi.json", "", "").into(d.t, &d.document)
	paths := d.document["paths"].(object)
	operations := 0
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range slices.Sorted(maps.Keys(paths[path].(object))) {
			if op, ok := paths[path].(object)[method].(object); ok && op["operationId"] != nil {
				operations++
				d.operation(strings.ToUpper(method), path, op)
			}
		}
	}
	if operations < 50 {
		d.t.Fatalf("%d operations: looking in the wrong place?", operations)
	}
	d.eachField()
}

var pathID = regexp.MustCompile(`\{\w+\}`)

func (d *drive) operation(method, path string, op object) {
	id := op["operationId"].(string)
	if id == "loadRules" {
		return // rules are for everybody, and would change all that follows
	}
	target := func() string { return pathID.ReplaceAllString(path, d.text(id+" path/id")) }
	body, tries := "", []string{}
	if in, ok := op["requestBody"].(object); ok {
		for media, content := range in["content"].(object) { //order: there is one
			if media == "application/json" {
				body = d.bodies(id, content.(object), &tries)
			}
		}
	}
	d.send(method, target(), body)
	for _, try := range tries {
		d.send(method, target(), try)
	}
	for _, parameter := range list(op["parameters"]) {
		p := d.resolve(parameter)
		if name, _ := p["name"].(string); p["in"] == "query" {
			d.send(method, target()+"?"+name+"="+url.QueryEscape(d.text(id+" query/"+name)), body)
		}
	}
	d.send(method, target()+"?"+d.text(id+" query/unknown")+"=1", body)
	d.send(method, target()+"/"+d.text(id+" path/more"), body)
	d.send(method, target(), d.text(id+" body")) // no JSON at all
	for _, name := range []string{
		"X-Request-Id", "Idempotency-Key", "If-Match", "If-None-Match", "Accept", "Content-Type", "Authorization", "Cookie", "User-Agent", "Referer",
		"X-Forwarded-For", "Host", "Content-Encoding", "Origin", "Traceparent", "Tracestate",
	} {
		d.send(method, target(), body, name, d.text(id+" header/"+name))
	}
}

// strangers ask with wrong credentials once credentials are asked for.
func (d *drive) strangers() {
	d.t.Helper()
	var made struct {
		Secret string `json:"secret"`
	}
	d.must(201, "POST", "/v1/keys", object{"principal": "root", "role": "operator", "expiresAt": "2027-02-01T00:00:00Z"}).into(d.t, &made)
	for _, bearer := range []string{d.text("stranger header/Authorization"), "parley_" + d.text("stranger header/key") + "_x", d.text("stranger header/a") + "." + d.text("stranger header/b") + ".c"} {
		if a := d.send("GET", "/v1/me", "", "Authorization", "Bearer "+bearer); a.status != http.StatusUnauthorized {
			d.t.Errorf("a stranger is answered %d", a.status)
		}
	}
	// An operator sees nothing clinical.
	d.send("GET", "/v1/cases/case-0", "", "Authorization", "Bearer "+made.Secret)
}

func list(v any) []any {
	items, _ := v.([]any)
	return items
}

// resolve follows a reference of the document.
func (d *drive) resolve(v any) object {
	o, _ := v.(object)
	for range 8 {
		ref, ok := o["$ref"].(string)
		if !ok {
			break
		}
		at := any(d.document)
		for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			at = at.(object)[name]
		}
		o, _ = at.(object)
	}
	return o
}

// bodies returns a body with a token in every field that can hold one, and others besides.
func (d *drive) bodies(id string, content object, tries *[]string) string {
	schema := d.resolve(content["schema"])
	text := d.wire
	full := text(d.fill(id+" ", schema, 0, true))
	*tries = append(*tries,
		text(d.fill(id+" ", schema, 0, false)), // words of closed lists as well
		full[:len(full)-1],
		full+d.text(id+" body/behind"),
		`{"`+d.text(id+" body/unknown")+`":1,`+full[1:],
	)
	if example, ok := content["example"].(object); ok {
		d.spoilt(id+" ", example, func() { *tries = append(*tries, text(example)) })
	}
	return full
}

// spoilt puts a token into one leaf of a document after the other.
func (d *drive) spoilt(where string, in object, try func()) {
	for _, name := range slices.Sorted(maps.Keys(in)) {
		was := in[name]
		if inner, ok := was.(object); ok {
			d.spoilt(where+"/"+name, inner, try)
		}
		if _, word := was.(string); !word && !*canaryDeep {
			continue
		}
		in[name] = d.text(where + "/" + name)
		try()
		in[name] = was
	}
}

// fill makes a value of a schema; lawful keeps to closed lists of words and to forms.
func (d *drive) fill(where string, schema object, depth int, lawful bool) any {
	schema = d.resolve(schema)
	if depth > 8 {
		return nil
	}
	for _, kind := range []string{"oneOf", "anyOf", "allOf"} {
		for _, one := range list(schema[kind]) {
			if s := d.resolve(one); s["type"] != "null" {
				return d.fill(where, s, depth+1, lawful)
			}
		}
	}
	kind, _ := schema["type"].(string)
	for _, k := range list(schema["type"]) {
		if k != "null" {
			kind, _ = k.(string)
			break
		}
	}
	switch kind {
	case "object", "":
		out := object{}
		properties, _ := schema["properties"].(object)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			out[name] = d.fill(where+"/"+name, d.resolve(properties[name]), depth+1, lawful)
		}
		return out
	case "array":
		return []any{d.fill(where+"/0", d.resolve(schema["items"]), depth+1, lawful)}
	case "integer", "number":
		return 1
	case "boolean":
		return true
	}
	if words := list(schema["enum"]); lawful && len(words) > 0 {
		return words[0]
	}
	if form, ok := schema["pattern"].(string); ok && lawful {
		re, err := regexp.Compile(form)
		if token := d.phone(where); err == nil && re.MatchString(token) {
			return token
		}
	}
	return d.text(where)
}
