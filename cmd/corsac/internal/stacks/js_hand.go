package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// handHeader is a header that is set by hand.
type handHeader struct {
	// call is res.set(…) or the like, and object its last argument if the header
	// is a property of that.
	call   js.Call
	object *js.Value
	// name is in lower case; setting is the name and value, or the property.
	name    string
	value   js.Value
	setting js.Range
	known   bool // it is a CORS header
}

// hand is a function that sets CORS headers by hand.
type hand struct {
	function *js.Function
	headers  []handHeader
	// user is the file that uses the function as a middleware, and use the call
	// there, if its own file only exports it.
	user *expressFile
	use  *jsUse
}

// jsResponse is how the code of a framework sets headers.
type jsResponse struct {
	// setters are the methods that do.
	setters []string
	// has reports whether parameter k of n of a function has the response.
	has func(k, n int) bool
}

// corsFields are the CORS headers of responses, and what they say.
var corsFields = map[string]string{
	"access-control-allow-origin": "allow_origins", "access-control-allow-methods": "allow_methods", "access-control-allow-headers": "allow_headers",
	"access-control-allow-credentials": "allow_credentials", "access-control-expose-headers": "expose_headers", "access-control-max-age": "max_age",
}

// findHands returns the functions that set CORS headers by hand, in their order.
func (x *jsFile) findHands(res *jsResponse) (list []*hand) {
	of := map[*js.Function]*hand{}
	for _, h := range x.handHeaders(res.setters) {
		f := x.responder(h.call, res)
		if f == nil {
			continue
		}
		if of[f] == nil {
			of[f] = &hand{function: f}
			list = append(list, of[f])
		}
		of[f].headers = append(of[f].headers, h)
	}
	slices.SortFunc(list, func(a, b *hand) int { return a.function.Start - b.function.Start })
	return list
}

// handHeaders returns the CORS headers that are set by hand.
func (x *jsFile) handHeaders(setters []string) (list []handHeader) {
	if !strings.Contains(strings.ToLower(x.Text), "access-control-") && !strings.Contains(x.Text, "Acess-Control-") {
		return nil
	}
	for _, method := range setters {
		for _, c := range x.Methods(method) {
			list = append(list, x.headersOf(c)...)
		}
	}
	slices.SortStableFunc(list, func(a, b handHeader) int { return a.setting.Start - b.setting.Start })
	return list
}

// headersOf returns the CORS headers that a call sets: those of its last argument
// if that is an object, as in res.writeHead(200, {…}), or one with a name and a
// value.
func (x *jsFile) headersOf(c js.Call) (list []handHeader) {
	if len(c.Args) == 0 {
		return nil
	}
	add := func(name string, h handHeader) {
		h.call, h.name = c, strings.ToLower(name)
		_, h.known = corsFields[h.name]
		if h.known || strings.HasPrefix(h.name, "access-control-") && !strings.HasPrefix(h.name, "access-control-request") || strings.HasPrefix(h.name, "acess-control") {
			list = append(list, h)
		}
	}
	last := x.Value(c.Args[len(c.Args)-1])
	if last.Kind == js.ObjectValue {
		for i := range last.Props {
			add(last.Props[i].Name, handHeader{object: &last, value: last.Props[i].Value, setting: last.Props[i].Range})
		}
		return list
	}
	name := x.Value(c.Args[0])
	if name.Kind == js.StringValue && len(c.Args) == 2 {
		add(name.Text, handHeader{value: last, setting: js.Range{Start: c.Args[0].Start, End: c.Args[1].End}})
	}
	return list
}

// responder returns the function around a call on its response, or nil.
func (x *jsFile) responder(c js.Call, res *jsResponse) *js.Function {
	receiver := x.Receiver(c.Start)
	root := x.At(receiver.Start)
	for f := x.Function(c.Start); f != nil; f = x.Function(f.Start - 1) {
		for k, name := range f.Names {
			if name == root && res.has(k, len(f.Names)) {
				return f
			}
		}
	}
	return nil
}

// handPlace is where a function that sets headers by hand stands.
type handPlace struct {
	rules *jsRules
	// use adds the function to an app, for the paths of a prefix; nil if that is
	// unknown, or if it is a route.
	use  *jsUse
	path string
	// beside says that a package for CORS is there, too, and answered that something
	// else answers preflights.
	beside, answered bool
}

// readHand reads a function that sets headers by hand.
func (x *jsFile) readHand(h *hand, p *handPlace) *Site {
	s := &handSettings{jsSettings: jsSettings{jsFile: x}, rules: p.rules, hand: h}
	title := "a handler that sets CORS headers"
	if p.use != nil {
		title = p.use.object + "." + p.use.method + "(…) that sets CORS headers"
	}
	for _, header := range h.headers {
		if header.name == "access-control-allow-credentials" && (header.value.Text == "true" || header.value.Kind == js.TrueValue) {
			s.credentials = true
		}
	}
	for _, header := range h.headers {
		s.header(&header)
		if p.beside && header.known {
			s.fault(p.rules.hand.beside, header.setting)
		}
	}
	body := x.Source(h.function.Body)
	switch {
	case p.use == nil && !p.beside:
		s.fault(p.rules.hand.alone, h.headers[0].setting)
	case p.use != nil && !strings.Contains(body, "OPTIONS") && !p.beside && !p.answered:
		s.fault(p.rules.hand.preflight, h.headers[0].setting)
	}
	if s.varies && !strings.Contains(strings.ToLower(body), "vary") {
		s.fault(p.rules.hand.vary, h.headers[0].setting)
	}
	return s.site(title, strings.TrimSuffix(p.path, "*"), h.function.Range)
}

// handSettings reads headers that are set by hand.
type handSettings struct {
	jsSettings

	rules               *jsRules
	hand                *hand
	credentials, varies bool
	judged, all         bool // what is known of answersAll
}

func (s *handSettings) header(h *handHeader) {
	if !h.known {
		s.fault(s.rules.hand.misspelled, h.setting)
		return
	}
	field := corsFields[h.name]
	v := &h.value
	text := v.Text
	switch {
	case v.Kind == js.ArrayValue && field != "allow_origins" && !s.unsure(h):
		var parts []string
		for _, item := range v.Items {
			if item.Kind != js.StringValue {
				s.remark(Dynamic, field, dynamic(&item), item.Used)
				continue
			}
			parts = append(parts, item.Text)
		}
		text = strings.Join(parts, ", ")
	case field == "allow_origins":
		s.originOf(h, v)
		return
	case s.unsure(h):
		s.remark(Dynamic, field, "A condition decides when the program runs.", v.Used)
		return
	case v.Kind == js.TrueValue:
		text = "true"
	case v.Kind != js.StringValue && v.Kind != js.NumberValue:
		s.remark(Dynamic, field, dynamic(v), v.Used)
		return
	}
	s.headerText(field, text, v)
}

// headerText reads the value of a header.
func (s *handSettings) headerText(field, text string, v *js.Value) {
	switch field {
	case "allow_origins":
		switch {
		case text == "*" && s.credentials:
			s.fault(s.rules.hand.wildcard, v.Used)
			s.entry(field, "*", v.Used)
		case text == "*":
			s.fault(s.rules.hand.anyOrigin, v.Used)
			s.entry(field, "*", v.Used)
		default:
			s.origins(v, s.rules.origins)
		}
	case "allow_credentials":
		switch {
		case text != "true":
			s.fault(s.rules.hand.notTrue, v.Used)
		case slices.ContainsFunc(s.hand.headers, func(h handHeader) bool { return h.name == "access-control-allow-origin" && h.value.Text == "*" }):
			s.remark(Lost, field, "Browsers refuse credentials where every origin is allowed with *.", v.Used)
		default:
			s.entry(field, "true", v.Used)
		}
	case "max_age":
		s.seconds(text, v.Used)
	case "allow_methods":
		for _, name := range splitNames(text) {
			s.method(name, v.Used, s.rules.methodCase)
		}
	default:
		for _, name := range splitNames(text) {
			if name != "*" || !s.credentials {
				s.entry(field, name, v.Used)
			}
		}
	}
}

// originOf reads Access-Control-Allow-Origin. One that only preflights get allows
// nothing by itself: pages cannot read the responses to the requests after them.
func (s *handSettings) originOf(h *handHeader, v *js.Value) {
	g := s.guards(h.call)
	draft := s.draft
	s.origin(&g, v)
	if !g.preflight {
		return
	}
	s.draft = draft
	if !s.answersAll() {
		s.remark(Lost, "", "It answers preflights only: the responses to the requests after them get no Access-Control-Allow-Origin from it.", v.Used)
	}
}

// answersAll reports whether other requests than preflights get an
// Access-Control-Allow-Origin, too.
func (s *handSettings) answersAll() bool {
	if !s.judged {
		s.judged = true
		s.all = slices.ContainsFunc(s.hand.headers, func(h handHeader) bool {
			if h.name != "access-control-allow-origin" {
				return false
			}
			g := s.guards(h.call)
			return !g.preflight
		})
	}
	return s.all
}

// origin reads Access-Control-Allow-Origin, if it is certain when it is sent.
func (s *handSettings) origin(g *jsGuard, v *js.Value) {
	const field = "allow_origins"
	literal := v.Kind == js.StringValue
	s.varies = s.varies || !literal
	switch {
	case g.open:
		s.remark(Dynamic, field, "A condition decides when the program runs.", v.Used)
	case literal && (g.sure() || isIn(g.list, v.Text)):
		s.headerText(field, v.Text, v)
	case literal:
		s.remark(Dynamic, field, "A condition decides when the program runs.", v.Used)
	case !s.isRequestOrigin(v.Used, 0):
		s.remark(Dynamic, field, dynamic(v), v.Used)
	case g.listed:
		s.listed(g.list)
	case s.credentials:
		s.remark(Lost, field, "Every origin is allowed with credentials, which no policy can say.", v.Used)
		s.fault(s.rules.hand.reflected, v.Used)
	default:
		s.entry(field, "*", v.Used)
		s.remark(Differs, field, "It repeats the origin of the request; a policy answers *, which allows the same.", v.Used)
		s.fault(s.rules.hand.anyOrigin, v.Used)
	}
}

// isIn reports whether an origin is in a list.
func isIn(list []js.Value, text string) bool {
	return slices.ContainsFunc(list, func(v js.Value) bool { return v.Kind == js.StringValue && v.Text == text })
}

// listed reads the origins that the header repeats.
func (s *handSettings) listed(list []js.Value) {
	r := &jsReader{jsSettings: &s.jsSettings, jsPackage: &jsPackage{rules: s.rules}, credentials: s.credentials}
	r.allow(list)
}

// unsure reports whether another header than Access-Control-Allow-Origin is sent
// under a condition that is not also that of one with the origin.
func (s *handSettings) unsure(h *handHeader) bool {
	g := s.guards(h.call)
	if g.sure() || g.block == s.hand.function.Body.Start && s.hand.function.Block {
		return false
	}
	return !slices.ContainsFunc(s.hand.headers, func(o handHeader) bool {
		if o.name != "access-control-allow-origin" {
			return false
		}
		inside := s.Partner(g.block)
		if inside < 0 { // a statement
			statement, _ := s.Statement(g.block)
			inside = statement.End
		}
		return o.call.Start >= g.block && o.call.Start < inside
	})
}
