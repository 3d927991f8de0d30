package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/origin"
)

// need is something that a request needs of a policy.
type need struct {
	field, value string
	what         string // in words, such as "the method PUT"
	why          string // why the policy must have it
	cause        string // the name of the finding if it does not
	given        bool
}

// explain says which lines of the file decide about a request: notes say what allows
// it, and findings, with the change, what the policy lacks.
func (a *answerer) explain(v *verdict.Verdict) {
	v.Notes = append(v.Notes, fmt.Sprintf("policy %s of %s answers, in place of the server; nothing was sent", a.name, a.config.Place(a.name, "", -1).File))
	if a.ambiguous {
		v.Notes = append(v.Notes, `corsac serve answers 400: servers may read this path as that of another route; write it without "..", "//", "\", ";" and needless percent-encoding, and its case and last slash as the route has them`)
	}
	needs := a.needs(v)
	switch {
	case len(needs) > 0 || len(v.Wire) == 0:
	case v.Error != nil && v.Error.Reason == string(fetch.ReasonCORP):
		const field = "resource_policy"
		v.Notes = append(v.Notes, fmt.Sprintf("%s: %s of policy %s keeps the response from this page", finding.Position(new(a.config.Place(a.name, field, -1))), field, a.name))
	default:
		v.Notes = append(v.Notes, "CORS does not apply to this request, so no line of the policy decides about it")
	}
	var lacks []need
	for _, n := range needs {
		switch {
		case !n.given:
			lacks = append(lacks, n)
		case v.Error == nil:
			v.Notes = append(v.Notes, a.allows(&n))
		}
	}
	if len(lacks) == 0 {
		return
	}
	v.Findings, v.Change = nil, nil
	for i := range lacks {
		v.Findings = append(v.Findings, a.finding(&lacks[i], v.Error != nil))
		v.Change = withValue(v.Change, &lacks[i])
	}
	if why := a.objection(lacks); why != "" {
		v.Notes = append(v.Notes, "a policy with all of that is refused: "+why)
	}
}

// needs returns what a request needs of the policy, in the order in which browsers
// check it.
func (a *answerer) needs(v *verdict.Verdict) (needs []need) {
	if server, err := origin.ParseURL(v.Request.URL); err != nil || server.String() == v.Request.Origin || len(v.Wire) == 0 || v.Request.Mode != fetch.ModeCORS {
		return nil
	}
	asked := v.Wire[0].Headers
	from := asked.Get("Origin")
	needs = append(needs, need{
		field: "allow_origins", value: from, what: "the origin " + from, why: "the page's origin", cause: "origin-not-allowed",
		given: a.middleware.Decide(&http.Request{Method: http.MethodGet, Header: http.Header{"Origin": {from}}}).Allowed,
	})
	if v.Request.Credentials == fetch.CredentialsInclude {
		needs = append(needs, need{
			field: "allow_credentials", value: "true", what: "credentials", why: "the page sends credentials", cause: "acac-missing",
			given: a.policy.AllowCredentials,
		})
	}
	if method := asked.Get("Access-Control-Request-Method"); method != "" && !protocol.IsSafelisted(method) {
		needs = append(needs, need{
			field: "allow_methods", value: method, what: "the method " + method, why: "the method of the request", cause: "method-not-allowed",
			given: a.permits(method, ""),
		})
	}
	for _, name := range protocol.Entries(asked.Get(protocol.RequestHeaders)) {
		needs = append(needs, need{
			field: "allow_headers", value: name, what: "the header " + name, why: "what the page sets", cause: "header-not-allowed",
			given: a.permits(http.MethodGet, name),
		})
	}
	for _, name := range a.want.ReadHeaders {
		if v.Response != nil && v.Response.Type == fetch.TypeCORS {
			needs = append(needs, need{
				field: "expose_headers", value: name, what: "script to read the header " + name, why: "what script is to read", cause: "header-not-exposed",
				given: v.ReadHeaders[name],
			})
		}
	}
	return needs
}

// anyOrigin is an origin that stands for those that a policy allows.
const anyOrigin = "https://corsac.invalid"

// permits reports whether the policy answers a preflight for a method and a header
// with yes, if it allows the origin.
func (a *answerer) permits(method, header string) bool {
	p := a.policy
	p.AllowOrigins, p.DangerouslyAllowOriginRegexps = []string{anyOrigin}, nil
	m, err := cors.New(p)
	if err != nil {
		return false // never: the policy is right, and so is the origin
	}
	h := http.Header{"Origin": {anyOrigin}, "Access-Control-Request-Method": {method}}
	if header != "" {
		h["Access-Control-Request-Headers"] = []string{header}
	}
	return m.Decide(&http.Request{Method: http.MethodOptions, Header: h}).Allowed
}

// allows says which line of the file gives what a request needs.
func (a *answerer) allows(n *need) string {
	field, i := covering(&a.policy, n.field, n.value)
	if i < 0 {
		return "the policy allows " + n.what + " without a line for it, as browsers do"
	}
	return fmt.Sprintf("%s: %s of policy %s allows %s", finding.Position(new(a.config.Place(a.name, field, i))), field, a.name, n.what)
}

// finding says that the policy does not give what a request needs, and where. It is an
// error if the browser blocks the request.
func (a *answerer) finding(n *need, blocked bool) finding.Finding {
	at := a.config.Place(a.name, n.field, -1)
	f := finding.Finding{
		Cause: n.cause, Severity: finding.Warning, Confidence: finding.Certain, Place: &at, Evidence: []string{},
		Title: fmt.Sprintf("policy %s does not allow %s", a.name, n.what),
		Why:   a.written(n.field),
		Fix:   finding.Fix{Stack: "corsac", Text: "add " + n.value + " to " + n.field, Where: at.File},
	}
	if n.field == "allow_credentials" {
		f.Fix.Text = "set allow_credentials: true"
	}
	if blocked {
		f.Severity = finding.Error
	}
	return f
}

// maxWritten bounds the entries of a field that are repeated.
const maxWritten = 12

// written is a field as the policy has it.
func (a *answerer) written(field string) string {
	entries := entriesOf(&a.policy, field)
	if len(entries) == 0 {
		return "The policy has no " + field + "."
	}
	more := ""
	if n := len(entries) - maxWritten; n > 0 {
		entries, more = entries[:maxWritten], fmt.Sprintf(", and %d more", n)
	}
	return "The policy has only " + strings.Join(entries, ", ") + more + "."
}

// objection says why the policy with what it lacks would be refused; "" if it would
// not.
func (a *answerer) objection(lacks []need) string {
	p := a.policy
	for _, n := range lacks {
		switch n.field {
		case "allow_origins":
			p.AllowOrigins = append(slices.Clone(p.AllowOrigins), n.value)
		case "allow_methods":
			p.AllowMethods = append(slices.Clone(p.AllowMethods), n.value)
		case "allow_headers":
			p.AllowHeaders = append(slices.Clone(p.AllowHeaders), n.value)
		case "expose_headers":
			p.ExposeHeaders = append(slices.Clone(p.ExposeHeaders), n.value)
		case "allow_credentials":
			p.AllowCredentials = true
		}
	}
	text, err := json.Marshal(map[string]any{"policies": map[string]cors.Policy{a.name: p}}) // which is YAML, too
	if err == nil {
		_, err = config.Parse("", text)
	}
	var mistakes finding.Mistakes
	switch {
	case err == nil:
		return ""
	case errors.As(err, &mistakes):
		first := mistakes[0]
		first.Place = nil
		return finding.Line(&first)
	}
	return err.Error()
}

// withValue adds a need to the changes of a policy, one per field.
func withValue(list []verdict.Change, n *need) []verdict.Change {
	for i := range list {
		if list[i].Field == n.field {
			list[i].Values = append(list[i].Values, n.value)
			return list
		}
	}
	return append(list, verdict.Change{Field: n.field, Values: []string{n.value}, Why: n.why})
}

// CoveringEntry returns the entry of a policy that allows a value that a field is
// about, or "".
func CoveringEntry(p *cors.Policy, field, value string) string {
	if at, i := covering(p, field, value); i >= 0 {
		return entriesOf(p, at)[i]
	}
	return ""
}

// covering returns which entry of a policy allows a value that a field is about: the
// field that has it, and its index; -1 if there is none.
func covering(p *cors.Policy, field, value string) (at string, index int) {
	if field == "allow_origins" {
		return coveringOrigin(p, value)
	}
	entries := entriesOf(p, field)
	i := slices.IndexFunc(entries, func(e string) bool { return strings.EqualFold(e, value) })
	if covers := field != "allow_headers" || p.AllowCredentials || !strings.EqualFold(value, "authorization"); i < 0 && covers {
		i = slices.Index(entries, "*")
	}
	return field, i
}

// entriesOf returns the entries of a field. One without a list has the entry true, or
// none.
func entriesOf(p *cors.Policy, field string) []string {
	switch field {
	case "allow_origins":
		return p.AllowOrigins
	case "allow_methods":
		return p.AllowMethods
	case "allow_headers":
		return p.AllowHeaders
	case "expose_headers":
		return p.ExposeHeaders
	case "dangerously_allow_origin_regexps":
		return p.DangerouslyAllowOriginRegexps
	}
	if p.AllowCredentials {
		return []string{"true"}
	}
	return nil
}

// coveringOrigin returns the entry that allows an origin: itself, or a pattern.
func coveringOrigin(p *cors.Policy, value string) (at string, index int) {
	if i := slices.Index(p.AllowOrigins, value); i >= 0 {
		return "allow_origins", i
	}
	allows := func(one cors.Policy) bool {
		m, err := cors.New(one)
		return err == nil && m.Decide(&http.Request{Method: http.MethodGet, Header: http.Header{"Origin": {value}}}).Allowed
	}
	for i, e := range p.AllowOrigins {
		if allows(cors.Policy{AllowOrigins: []string{e}}) {
			return "allow_origins", i
		}
	}
	return "dangerously_allow_origin_regexps", slices.IndexFunc(p.DangerouslyAllowOriginRegexps, func(e string) bool {
		return allows(cors.Policy{DangerouslyAllowOriginRegexps: []string{e}})
	})
}
