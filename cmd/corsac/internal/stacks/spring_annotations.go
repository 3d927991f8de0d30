package stacks

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
)

// annotation is an annotation of Java or Kotlin.
type annotation struct {
	name string
	at   int // the token of its name
	args []cfamily.Range
}

// annotationAt returns the annotation whose @ is a token, and the index after it.
func (f *codeFile) annotationAt(i int) (a annotation, end int) {
	i++
	if f.Language == cfamily.Kotlin && f.At(i+1) == ":" {
		i += 2 // the target, such as @field:Value
	}
	for f.At(i+1) == "." && f.Kind(i+2) == cfamily.Name {
		i += 2
	}
	a = annotation{name: f.At(i), at: i}
	if f.At(i+1) == "(" {
		a.args = f.Args(i + 1)
		return a, f.Skip(i + 1)
	}
	return a, i + 1
}

// annotationBefore returns the index of the @ of the annotation that ends before a
// token, or -1.
func (f *codeFile) annotationBefore(i int) int {
	j := i - 1
	if open := f.Partner(j); open >= 0 && open < j && f.At(j) == ")" {
		j = open - 1
	}
	for steps := 0; f.Kind(j) == cfamily.Name && steps < 20; steps++ {
		if f.At(j-1) == "@" {
			return j - 1
		}
		if f.At(j-1) != "." && f.At(j-1) != ":" {
			break
		}
		j -= 2
	}
	return -1
}

// declared is what annotations stand before.
type declared struct {
	annotations []annotation
	class       bool
	name        string
	// body is the bracket of a class, or -1.
	body int
}

// maxHead is how many tokens a declaration has before its bracket.
const maxHead = 300

// declaredAt returns the declaration of an annotation whose @ is a token.
func (f *codeFile) declaredAt(at int) (d declared) {
	first := at
	for steps := 0; steps < 50; steps++ {
		before := f.annotationBefore(first)
		if before < 0 {
			break
		}
		first = before
	}
	d.body = -1
	for i := first; i < min(first+maxHead, len(f.Tokens)); {
		switch text := f.At(i); {
		case text == "@" && f.At(i+1) != "interface":
			a, end := f.annotationAt(i)
			d.annotations = append(d.annotations, a)
			i = end
			continue
		case slices.Contains(containers, text) && f.Kind(i) == cfamily.Name && !d.class:
			d.class, d.name = true, f.At(i+1)
		case text == "{":
			if d.class {
				d.body = i
			}
			return d
		case text == "(" && !d.class:
			d.name = f.At(i - 1)
			return d
		case text == ";" || text == "}" || text == "=":
			return d
		}
		i = f.Skip(i)
	}
	return d
}

// classAround returns the declaration of the class that a token is in.
func (f *codeFile) classAround(i int) (d declared, ok bool) {
	for up := f.Up(i); up >= 0; up = f.Up(up) {
		if f.At(up) != "{" {
			continue
		}
		for j := up - 1; j > max(0, up-maxHead); j-- {
			if text := f.At(j); text == ";" || text == "{" || text == "}" {
				break
			}
			if f.Kind(j) != cfamily.Name || f.At(j) != "class" && f.At(j) != "interface" {
				continue
			}
			for f.Kind(j-1) == cfamily.Name && f.At(j-2) != "@" {
				j-- // modifiers
			}
			if at := f.annotationBefore(j); at >= 0 {
				return f.declaredAt(at), true
			}
			return declared{class: true, body: up}, true
		}
	}
	return d, false
}

// named returns the annotation of a name, or nil.
func (d *declared) named(name string) *annotation {
	for i := range d.annotations {
		if d.annotations[i].name == name {
			return &d.annotations[i]
		}
	}
	return nil
}

// mappingMethods are the methods of the annotations for handlers.
var mappingMethods = map[string]string{
	"RequestMapping": "", "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "PatchMapping": "PATCH", "DeleteMapping": "DELETE",
}

// argument returns an argument of an annotation by its names; the first of them is
// that of an argument without one. ok is false if there is none.
func (f *codeFile) argument(a *annotation, names ...string) (r cfamily.Range, ok bool) {
	for _, arg := range a.args {
		name, value := f.nameOf(arg)
		if name == "" && slices.Contains(names, "value") || slices.Contains(names, name) {
			return value, true
		}
	}
	return r, false
}

// nameOf splits an argument such as origins = "…".
func (f *codeFile) nameOf(arg cfamily.Range) (name string, value cfamily.Range) {
	if f.At(arg.Start+1) == "=" && f.Kind(arg.Start) == cfamily.Name {
		return f.At(arg.Start), cfamily.Range{Start: arg.Start + 2, End: arg.End}
	}
	return "", arg
}

// mappedPath returns the path of the handlers of a declaration; ok is false if it
// is not one that is written there.
func (f *codeFile) mappedPath(d *declared) (path string, ok bool) {
	for i := range d.annotations {
		a := &d.annotations[i]
		if _, is := mappingMethods[a.name]; !is {
			continue
		}
		r, given := f.argument(a, "value", "path")
		if !given {
			return "", true
		}
		v := f.Value(r)
		if v.Kind == cfamily.ListValue && len(v.Items) == 1 {
			v = v.Items[0]
		}
		if v.Kind != cfamily.StringValue || strings.Contains(v.Text, "$") {
			return "", false
		}
		return "/" + strings.Trim(v.Text, "/"), true
	}
	return "", true
}

// mappedMethods returns the methods of a handler, which the annotation of its
// mapping names.
func (f *codeFile) mappedMethods(a *annotation) (parts []part) {
	method := mappingMethods[a.name]
	at := f.Span(cfamily.Range{Start: a.at, End: a.at + 1})
	if method != "" {
		return []part{{text: method, at: at}}
	}
	r, ok := f.argument(a, "method")
	if a.name != "RequestMapping" || !ok {
		return nil
	}
	v := f.Value(r)
	for _, item := range append([]cfamily.Value{v}, v.Items...) {
		if item.Kind == cfamily.StringValue {
			parts = append(parts, part{text: item.Text, at: at})
		}
	}
	return parts
}

// springAnnotations reads @CrossOrigin.
func (f *codeFile) springAnnotations(p *springProject) {
	for _, i := range f.Named("CrossOrigin") {
		at := i - 1
		for f.At(at) == "." || f.Kind(at) == cfamily.Name && f.At(at+1) == "." {
			at--
		}
		if f.At(at) != "@" || f.full() {
			continue
		}
		a, end := f.annotationAt(at)
		d := f.declaredAt(at)
		if d.name == "" {
			continue
		}
		p.controllers++
		f.springAnnotation(p, &a, &d, cfamily.Range{Start: at, End: end})
	}
}

// springAnnotation reads one annotation. That of a method is added to that of its
// class.
func (f *codeFile) springAnnotation(p *springProject, a *annotation, d *declared, r cfamily.Range) {
	title := "@CrossOrigin on " + d.name
	if !d.class {
		title += "()"
	}
	s := &springSite{codeSite: f.codeSite(title, r)}
	path, known := f.mappedPath(d)
	if d.class {
		s.handlers = f.handlerMethods(d.body)
	} else {
		if class, ok := f.classAround(r.Start); ok {
			base, baseKnown := f.mappedPath(&class)
			path, known = strings.TrimSuffix(base, "/")+path, known && baseKnown
			if outer := class.named("CrossOrigin"); outer != nil {
				s.annotated(outer)
			}
		}
		for k := range d.annotations {
			s.handlers = append(s.handlers, f.mappedMethods(&d.annotations[k])...)
		}
	}
	if known && path != "/" {
		s.Path = prefixOf(path)
	}
	s.annotated(a)
	s.permit()
	p.onlyHandlers(s)
	s.done()
}

// handlerMethods returns the methods of all handlers in a class.
func (f *codeFile) handlerMethods(body int) (parts []part) {
	end := f.Partner(body)
	if end < body {
		return nil
	}
	for name := range mappingMethods {
		for _, i := range f.Named(name) {
			if i > body && i < end && f.At(i-1) == "@" {
				a, _ := f.annotationAt(i - 1)
				parts = append(parts, f.mappedMethods(&a)...)
			}
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return a.at.Start - b.at.Start })
	return parts
}

// annotated carries out the arguments of an annotation.
func (s *springSite) annotated(a *annotation) {
	for _, arg := range a.args {
		name, value := s.code.nameOf(arg)
		if name == "" {
			name = "value"
		}
		setting := springSettings[strings.ToLower(name)]
		switch setting {
		case "":
		case "credentials", "age", "private":
			s.set(name, value.Start, []cfamily.Range{value})
		default:
			parts, known := s.strings(springField(setting), s.code.Value(value))
			for i, p := range parts {
				if strings.Contains(p.text, "${") || strings.Contains(p.text, "#{") {
					known = false
					s.remark(Dynamic, springField(setting), "It comes from the property "+shorten(p.text)+", which is known only when the program runs.", p.at)
					parts[i].text = ""
				}
			}
			parts = slices.DeleteFunc(parts, func(p part) bool { return p.text == "" })
			s.put("+"+setting, parts, known)
		}
	}
}
