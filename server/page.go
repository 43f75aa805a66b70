package server

import (
	"bytes"
	"html/template"
	"sync"
)

// templates are the pages that the server fills in.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(web, "web/index.html", "web/problem.html"))
})

// render fills a page. Templates are part of the program: a failure is a bug.
func render(name string, data any) []byte {
	var out bytes.Buffer
	if err := templates().ExecuteTemplate(&out, name, data); err != nil {
		panic("server: page " + name + ": " + err.Error())
	}
	return out.Bytes()
}

// pageData is what the landing page shows.
type pageData struct {
	Version, Now, Ruleset string
	Ready, Sandbox, Demo  bool
	Guarded               bool // credentials are configured
	Counts                []countRow
	Steps                 []step
	NoSteps               string // why there are no examples
	Ways                  []way  // examples of every way of holding calls
}

type countRow struct {
	Name  string
	Value int
}

// getPage is the landing page: what this is, where to go on, how the store stands, and requests to paste.
func getPage(c *call) answer {
	h := c.server.engine.Health()
	d := pageData{
		Version: c.server.version, Now: c.now.String(), Ruleset: c.snap.Rules().Version(),
		Ready: h.Ready && h.Writable == nil, Sandbox: h.Sandbox, Demo: c.server.demo != nil,
		Guarded: c.server.guarded(c.snap),
	}
	if d.Guarded { // whoever comes without a credential is told nothing of the store
		return htmlPage(render("index.html", d), policyPage)
	}
	n := c.snap.Counts()
	d.Counts = []countRow{{"Reviewers", n.Reviewers}, {"Cases", n.Cases}, {"Holds", n.Holds}, {"Appointments", n.Appointments}}
	var caseID string
	d.Steps, caseID, d.NoSteps = c.steps()
	if d.NoSteps == "" {
		d.Ways = c.ways(caseID)
	}
	return htmlPage(render("index.html", d), policyPage)
}

type problemPage struct {
	Code, Title, Help string
	Status            int
}

// getProblemType explains a kind of problem: the page that a problem's type refers to.
func getProblemType(c *call) answer {
	k, ok := problemKinds[c.id]
	if !ok {
		return refuse(&problem{code: codeNotFound})
	}
	return htmlPage(render("problem.html", problemPage{Code: c.id, Title: k.title, Help: k.help, Status: k.status}), policyPage)
}
