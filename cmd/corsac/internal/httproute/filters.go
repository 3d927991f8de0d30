package httproute

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// filters are what the filters of a rule say, besides what is in a [config.Route].
type filters struct {
	policy  cors.Policy
	places  map[string]finding.Place // of the policy's fields
	rewrite yamlread.Place           // of ReplacePrefixMatch
}

// filters reads the filters of a rule.
func (r *reader) filters(at yamlread.Place, v yamlread.Value, rt *config.Route) *filters {
	f := &filters{}
	for _, item := range r.items(v, "a list of filters", `begin each with "- "`) {
		r.filter(item, f, rt)
	}
	if f.places == nil {
		r.unsupported(at, "the rule has no CORS filter, and a route of serve has a policy", "write a filter of the type CORS, or leave the rule to another gateway")
	}
	return f
}

// filterFields are the fields of filters, by their type.
var filterFields = map[string]string{
	"CORS": "cors", "RequestHeaderModifier": "requestHeaderModifier", "ResponseHeaderModifier": "responseHeaderModifier", "URLRewrite": "urlRewrite",
	"RequestMirror": "requestMirror", "RequestRedirect": "requestRedirect", "ExternalAuth": "externalAuth", "ExtensionRef": "extensionRef",
}

// filter reads a filter.
func (r *reader) filter(v yamlread.Value, f *filters, rt *config.Route) {
	var kind string
	given := map[string]*yamlread.Value{}
	known := yamlread.Fields{"type": r.Text(&kind)}
	for _, field := range filterFields {
		given[field] = &yamlread.Value{}
		known[field] = into(given[field])
	}
	r.Fields(v, known, false)
	field, ok := filterFields[kind]
	if !ok {
		r.Refuse(v.Place, yamlread.Error{Code: CodeInvalid, Value: kind, Why: "it is not a type of filters", Fix: "write type: CORS, or another of the API"})
		return
	}
	for other, value := range given {
		if other != field && value.Kind() != yamlread.Broken {
			r.Refuse(value.Place, yamlread.Error{Code: CodeInvalid, Why: "the type of the filter is " + kind, Fix: "write a filter of its own for it"})
		}
	}
	if given[field].Kind() == yamlread.Broken {
		r.Refuse(v.Place, yamlread.Error{Code: yamlread.CodeFieldMissing, Field: yamlread.Join(v.Field, field), Why: "a filter of the type " + kind + " needs it", Fix: "write it"})
		return
	}
	switch kind {
	case "CORS":
		if f.places != nil {
			r.Refuse(v.Place, yamlread.Error{Code: CodeInvalid, Why: "it is the second CORS filter of the rule", Fix: "remove one"})
			return
		}
		r.cors(*given[field], f, rt)
	case "RequestHeaderModifier":
		r.requestHeaders(*given[field], rt)
	case "ResponseHeaderModifier":
		r.responseHeaders(*given[field])
	case "URLRewrite":
		r.rewrite(*given[field], f, rt)
	default:
		r.unsupported(v.Place, "serve has no filter of the type "+kind, "remove it, or leave the rule to another gateway")
	}
}

// header is a header with its value.
type header struct {
	at          yamlread.Place
	name, value string
}

// headers reads a list of headers.
func (r *reader) headers(to *[]header) func(yamlread.Value) {
	return func(v yamlread.Value) {
		for _, item := range r.items(v, "a list of headers", `begin each with "- "`) {
			h := header{at: item.Place}
			r.Fields(item, yamlread.Fields{"name": r.Text(&h.name), "value": r.Text(&h.value)}, false)
			*to = append(*to, h)
		}
	}
}

// requestHeaders reads which headers of requests change.
func (r *reader) requestHeaders(v yamlread.Value, rt *config.Route) {
	var set []header
	var places []yamlread.Place
	r.Fields(v, yamlread.Fields{
		"set": r.headers(&set), "remove": r.Texts(&rt.RemoveHeaders, &places),
		"add": func(v yamlread.Value) {
			r.unsupported(v.Place, "serve sets headers, and does not add values to those of clients", "write set, if the value may replace that of the client")
		},
	}, false)
	for i, name := range rt.RemoveHeaders {
		r.settable(places[i], name)
		rt.RemoveHeaders[i] = http.CanonicalHeaderKey(name)
	}
	for _, h := range set {
		name := http.CanonicalHeaderKey(h.name)
		_, twice := rt.SetHeaders[name]
		switch r.settable(h.at, h.name); {
		case !httpguts.ValidHeaderFieldValue(h.value) || strings.TrimSpace(h.value) != h.value:
			r.Refuse(h.at, yamlread.Error{Code: CodeInvalid, Value: h.value, Why: "it is not the value of a header", Fix: "write one line of text without blanks around it"})
		case twice:
			r.Refuse(h.at, yamlread.Error{Code: CodeInvalid, Value: h.name, Why: "it is set twice", Fix: "remove one"})
		}
		if rt.SetHeaders == nil {
			rt.SetHeaders = map[string]string{}
		}
		rt.SetHeaders[name] = h.value
	}
}

// settable reports a header of requests that a route must not change.
func (r *reader) settable(at yamlread.Place, name string) {
	if wrong := config.CheckHeader(name); wrong != nil {
		wrong.Fix = "remove it here"
		r.Refuse(at, *wrong)
	}
}

// responseHeaders accepts the one change of responses that serve makes by itself.
func (r *reader) responseHeaders(v yamlread.Value) {
	var changed []header
	r.Fields(v, yamlread.Fields{
		"set": r.headers(&changed), "add": r.headers(&changed),
		"remove": func(v yamlread.Value) {
			r.unsupported(v.Place, "serve does not remove headers of responses, except those of CORS", "let the backend leave them out")
		},
	}, false)
	for _, h := range changed {
		if !strings.EqualFold(h.name, "Vary") || !strings.EqualFold(h.value, "Origin") {
			r.unsupported(h.at, "of responses, serve sets Vary and the headers of CORS only", "let the backend send it")
		}
	}
}

// rewrite reads how the paths of requests change.
func (r *reader) rewrite(v yamlread.Value, f *filters, rt *config.Route) {
	var path yamlread.Value
	r.Fields(v, yamlread.Fields{
		"path": into(&path),
		"hostname": func(v yamlread.Value) {
			r.unsupported(v.Place, "the backend gets the Host of the request", "remove it, and let the backend accept that name")
		},
	}, false)
	if path.Kind() == yamlread.Broken {
		return
	}
	var kind, prefix string
	full := func(v yamlread.Value) {
		r.unsupported(v.Place, "serve can remove a prefix from paths, and not replace them", "let the backend serve the path, or remove the filter")
	}
	f.rewrite = path.Place
	before := r.Mistakes()
	r.Fields(path, yamlread.Fields{"type": r.Text(&kind), "replacePrefixMatch": r.Text(&prefix), "replaceFullPath": full}, false)
	switch {
	case r.Mistakes() > before:
	case kind != "ReplacePrefixMatch":
		r.Refuse(path.Place, yamlread.Error{Code: CodeInvalid, Value: kind, Why: "it is not a type of rewriting that serve has", Fix: "write ReplacePrefixMatch"})
	case prefix != "/" && prefix != "":
		r.unsupported(path.Place, "serve can remove a prefix from paths, and not replace it by "+prefix, `write replacePrefixMatch: /, and give the path to the URL of the backend: --backend NAME=http://HOST`+prefix)
	default:
		rt.StripPrefix = true
	}
}
