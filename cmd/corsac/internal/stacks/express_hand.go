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
	use  *expressUse
}

// setters are the methods that set headers.
var setters = []string{"set", "header", "setHeader", "append", "appendHeader", "writeHead"}

// corsFields are the CORS headers of responses, and what they say.
var corsFields = map[string]string{
	"access-control-allow-origin": "allow_origins", "access-control-allow-methods": "allow_methods", "access-control-allow-headers": "allow_headers",
	"access-control-allow-credentials": "allow_credentials", "access-control-expose-headers": "expose_headers", "access-control-max-age": "max_age",
}

// findHands returns the functions that set CORS headers by hand, in their order.
func (x *expressFile) findHands() (list []*hand) {
	of := map[*js.Function]*hand{}
	for _, h := range x.handHeaders() {
		f := x.responder(h.call)
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
func (x *expressFile) handHeaders() (list []handHeader) {
	if !strings.Contains(strings.ToLower(x.Text), "access-control-") && !strings.Contains(x.Text, "Acess-Control-") {
		return nil
	}
	for _, method := range setters {
		for _, c := range x.Methods(method) {
			list = append(list, x.headersOf(c, method)...)
		}
	}
	slices.SortStableFunc(list, func(a, b handHeader) int { return a.setting.Start - b.setting.Start })
	return list
}

func (x *expressFile) headersOf(c js.Call, method string) (list []handHeader) {
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
	if last.Kind == js.ObjectValue && (method == "writeHead" || len(c.Args) == 1) {
		for i := range last.Props {
			add(last.Props[i].Name, handHeader{object: &last, value: last.Props[i].Value, setting: last.Props[i].Range})
		}
		return list
	}
	name := x.Value(c.Args[0])
	if method != "writeHead" && name.Kind == js.StringValue && len(c.Args) == 2 {
		add(name.Text, handHeader{value: last, setting: js.Range{Start: c.Args[0].Start, End: c.Args[1].End}})
	}
	return list
}

// responder returns the function around a call on its response, or nil.
func (x *expressFile) responder(c js.Call) *js.Function {
	receiver := x.Receiver(c.Start)
	root := x.At(receiver.Start)
	for f := x.Function(c.Start); f != nil; f = x.Function(f.Start - 1) {
		for k, name := range f.Names {
			if name == root && (k == 1 && len(f.Names) < 4 || k == 2 && len(f.Names) == 4) {
				return f
			}
		}
	}
	return nil
}

// findUsers finds the files that use functions which others export.
func findUsers(list []*expressFile) {
	for _, x := range list {
		for _, h := range x.byHand {
			if x.adds[h.function] == nil {
				x.findUser(h, list)
			}
		}
	}
}

// findUser finds the one file that uses a function which this one exports.
func (x *expressFile) findUser(h *hand, list []*expressFile) {
	for _, y := range list {
		for _, d := range y.Modules() {
			if y == x || !sameModule(y.file.Name, d.Module, x.file.Name) {
				continue
			}
			v, ok := x.exportedValue(d.Imported)
			if !ok || v.Kind != js.FunctionValue || v.Function != h.function {
				continue
			}
			for _, i := range y.Uses(d) {
				if u := y.useOf(i); u != nil {
					if h.use != nil {
						h.user, h.use = nil, nil
						return
					}
					h.user, h.use = y, u
				}
			}
		}
	}
}

// middleware returns the call of use that adds a function to an app, or nil if it
// is that of a route, or unknown.
func (x *expressFile) middleware(h *hand) *expressUse {
	u := x.adds[h.function]
	if u == nil {
		u = h.use
	}
	if u == nil || u.method != "use" && (u.method != "all" || u.path != "*" && u.path != "/*") {
		return nil
	}
	return u
}

// readHand reads a function that sets headers by hand.
func (x *expressFile) readHand(h *hand) *Site {
	s := &handSettings{jsSettings: jsSettings{jsFile: x.jsFile}, hand: h}
	use := x.middleware(h)
	title, path := "a handler that sets CORS headers", ""
	if use != nil {
		title, path = use.object+"."+use.method+"(…) that sets CORS headers", strings.TrimSuffix(use.path, "*")
	}
	for _, header := range h.headers {
		if header.name == "access-control-allow-credentials" && (header.value.Text == "true" || header.value.Kind == js.TrueValue) {
			s.credentials = true
		}
	}
	beside := len(x.cors) > 0 || h.user != nil && len(h.user.cors) > 0
	for _, header := range h.headers {
		s.header(&header)
		if beside && header.known {
			s.fault(handBeside, header.setting)
		}
	}
	body := x.Source(h.function.Body)
	switch {
	case use == nil && !beside:
		s.fault(handAlone, h.headers[0].setting)
	case use != nil && !strings.Contains(body, "OPTIONS") && !beside:
		s.fault(handPreflight, h.headers[0].setting)
	}
	if s.varies && !strings.Contains(strings.ToLower(body), "vary") {
		s.fault(handVary, h.headers[0].setting)
	}
	return s.site(title, path, h.function.Range)
}

// handSettings reads headers that are set by hand.
type handSettings struct {
	jsSettings

	hand                *hand
	credentials, varies bool
}

func (s *handSettings) header(h *handHeader) {
	if !h.known {
		s.fault(handMisspelled, h.setting)
		return
	}
	field := corsFields[h.name]
	v := &h.value
	text := v.Text
	switch {
	case v.Kind == js.ArrayValue:
		var parts []string
		for _, item := range v.Items {
			if item.Kind != js.StringValue {
				s.remark(Dynamic, field, dynamic(&item), item.Used)
				continue
			}
			parts = append(parts, item.Text)
		}
		text = strings.Join(parts, ", ")
	case field == "allow_origins" && v.Kind != js.StringValue:
		s.dynamicOrigin(v)
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
			s.fault(handWildcard, v.Used)
			s.entry(field, "*", v.Used)
		case text == "*":
			s.fault(handAnyOrigin, v.Used)
			s.entry(field, "*", v.Used)
		default:
			s.origins(v, npmOrigins)
		}
	case "allow_credentials":
		switch {
		case text != "true":
			s.fault(handNotTrue, v.Used)
		case slices.ContainsFunc(s.hand.headers, func(h handHeader) bool { return h.name == "access-control-allow-origin" && h.value.Text == "*" }):
			s.remark(Lost, field, "Browsers refuse credentials where every origin is allowed with *.", v.Used)
		default:
			s.entry(field, "true", v.Used)
		}
	case "max_age":
		s.seconds(text, v.Used)
	case "allow_methods":
		for _, name := range splitNames(text) {
			s.method(name, v.Used)
		}
	default:
		for _, name := range splitNames(text) {
			if name != "*" || !s.credentials {
				s.entry(field, name, v.Used)
			}
		}
	}
}

// dynamicOrigin reads an origin that is not a literal: that of the request, perhaps
// if it is in a list.
func (s *handSettings) dynamicOrigin(v *js.Value) {
	s.varies = true
	list, conditional := s.listOf(v)
	switch {
	case list != nil:
		for i := range list.Items {
			if item := &list.Items[i]; item.Kind == js.StringValue {
				s.origins(item, npmOrigins)
			} else {
				s.remark(Dynamic, "allow_origins", dynamic(item), item.Used)
			}
		}
	case conditional || !s.isRequestOrigin(v.Used):
		s.remark(Dynamic, "allow_origins", dynamic(v), v.Used)
	case s.credentials:
		s.remark(Lost, "allow_origins", "Every origin is allowed with credentials, which no policy can say.", v.Used)
		s.fault(handReflected, v.Used)
	default:
		s.entry("allow_origins", "*", v.Used)
		s.remark(Differs, "allow_origins", "It repeats the origin of the request; a policy answers *, which allows the same.", v.Used)
		s.fault(handAnyOrigin, v.Used)
	}
}

// isRequestOrigin reports whether an expression is the header Origin of the
// request, perhaps with * where there is none.
func (s *handSettings) isRequestOrigin(r js.Range) bool {
	if r.End == r.Start+1 && s.Kind(r.Start) == js.Name {
		d := s.Decl(r.Start)
		if d == nil || d.Init.End <= d.Init.Start {
			return false
		}
		return d.Key == "origin" && s.Mentions(d.Init, "headers") || s.isRequestOrigin(d.Init)
	}
	text := strings.ToLower(s.Source(r))
	for _, form := range []string{"headers.origin", `headers["origin"]`, "headers['origin']", "get('origin')", `get("origin")`, "header('origin')", `header("origin")`} {
		if strings.Contains(text, form) {
			return !strings.Contains(text, "?") || strings.Contains(text, "??")
		}
	}
	return false
}

// listOf returns the array of constants that the origin is looked up in before it
// is set, with if (list.includes(origin)); and whether there is a condition.
func (s *handSettings) listOf(v *js.Value) (list *js.Value, conditional bool) {
	i := v.Used.Start
	for block := s.Up(i); block >= s.hand.function.Body.Start; block = s.Up(block) {
		condition := js.Range{}
		if s.At(block) == "{" && s.At(block-1) == ")" && s.At(s.Partner(block-1)-1) == "if" {
			condition = js.Range{Start: s.Partner(block - 1), End: block}
		}
		if statement, ok := s.Statement(i); ok && s.At(statement.Start) == "if" && condition.End == 0 {
			condition = js.Range{Start: statement.Start + 1, End: s.Skip(statement.Start + 1)}
		}
		if condition.End == 0 {
			continue
		}
		conditional = true
		for _, method := range []string{"includes", "indexOf"} {
			for _, c := range s.Methods(method) {
				if c.Start < condition.Start || c.Start >= condition.End || s.At(s.Receiver(c.Start).Start-1) == "!" {
					continue
				}
				if array := s.Value(s.Receiver(c.Start)); array.Kind == js.ArrayValue {
					return &array, true
				}
			}
		}
	}
	return nil, conditional
}
