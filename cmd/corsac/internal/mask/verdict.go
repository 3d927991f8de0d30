package mask

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Verdict returns v with the secrets in headers masked: credentials, cookies,
// keys and tokens, and the users and passwords of URLs. Queries stay as they are,
// since they say which request it is. v itself stays as it is; it may be nil.
func Verdict(v *verdict.Verdict) *verdict.Verdict {
	if v == nil {
		return nil
	}
	masked := *v
	masked.Request.URL = text(v.Request.URL)
	masked.Request.Headers = headers(v.Request.Headers)
	if v.Error != nil {
		e := *v.Error
		for _, s := range []*string{&e.Parameter, &e.Message, &e.Firefox, &e.Safari, &e.Exception, &e.Detail} {
			*s = text(*s)
		}
		masked.Error = &e
	}
	if v.Response != nil {
		r := *v.Response
		r.URL, r.Headers = text(r.URL), headers(r.Headers)
		masked.Response = &r
	}
	masked.Wire = slices.Clone(v.Wire)
	for i := range masked.Wire {
		w := &masked.Wire[i]
		w.URL, w.Error = text(w.URL), text(w.Error)
		w.Headers, w.ResponseHeaders = headers(w.Headers), headers(w.ResponseHeaders)
	}
	masked.Steps = slices.Clone(v.Steps)
	for i := range masked.Steps {
		masked.Steps[i].Text = text(masked.Steps[i].Text)
	}
	masked.Findings = slices.Clone(v.Findings)
	for i := range masked.Findings {
		f := &masked.Findings[i]
		f.Title, f.Why, f.Fix.Text = text(f.Title), text(f.Why), text(f.Fix.Text)
		f.Evidence = slices.Clone(f.Evidence)
		for j, line := range f.Evidence {
			f.Evidence[j] = evidence(line)
		}
	}
	masked.Profiles = maps.Clone(v.Profiles)
	for name, other := range masked.Profiles {
		masked.Profiles[name] = Verdict(other)
	}
	return &masked
}

func text(s string) string { return string(Text([]byte(s))) }

// headers keeps nil as it is.
func headers(list fetch.Headers) fetch.Headers {
	list = slices.Clone(list)
	for i, h := range list {
		list[i].Value = header(h.Name, h.Value)
	}
	return list
}

// header masks a header of a verdict. The parameters of the URLs to which, and
// from which, the browser goes stay.
func header(name, value string) string {
	switch lower := strings.ToLower(name); {
	case lower == "location", lower == "content-location", lower == "referer", isDecisive(lower):
		return text(value)
	}
	return Header(name, value, nil)
}

// evidence masks a line that shows a header.
func evidence(line string) string {
	name, value, ok := strings.Cut(line, ": ")
	if !ok || strings.Contains(name, " ") {
		return text(line)
	}
	return name + ": " + header(name, value)
}
