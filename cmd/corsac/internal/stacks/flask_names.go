package stacks

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// flaskMethods are those that Flask-CORS allows by default, without those that
// every policy allows.
var flaskMethods = []string{"DELETE", "OPTIONS", "PATCH", "PUT"}

// methods reads the methods, a list or a string with commas.
func (r *flaskReader) methods() {
	const field = "allow_methods"
	e := r.value("methods")
	if e == nil {
		for _, m := range flaskMethods {
			r.byDefault(field, m, r.c.call.Span)
		}
		return
	}
	r.each(field, e, func(name string, at *python.Expr) {
		if name == "*" {
			r.remark(Lost, field, "Flask-CORS takes * for the name of a method, so that no method is allowed.", at)
			return
		}
		r.name(field, strings.ToUpper(name), at)
	})
}

// each calls f for the names in a list, or in a string with commas.
func (r *flaskReader) each(field string, e *python.Expr, f func(name string, at *python.Expr)) {
	items, ok := r.items(field, e)
	if !ok {
		r.remark(Dynamic, field, "The values of "+field+" "+r.why(r.file.Follow(e, r.at)), e)
	}
	for _, item := range items {
		for name := range strings.SplitSeq(item.Text, ",") {
			f(strings.TrimSpace(name), item)
		}
	}
}

// listed reads the names of headers in a list, or in a string with commas.
func (r *flaskReader) listed(field string, e *python.Expr) {
	r.each(field, e, func(name string, at *python.Expr) { r.name(field, name, at) })
}

// headers reads the request headers, names and expressions for names. All are
// allowed by default.
func (r *flaskReader) headers(credentials bool) {
	const field = "allow_headers"
	e := r.value(field)
	if e == nil {
		r.byDefault(field, "*", r.c.call.Span)
		if !credentials {
			r.byDefault(field, "Authorization", r.c.call.Span)
		}
		return
	}
	items, ok := r.items(field, e)
	if !ok {
		r.remark(Dynamic, field, "The values of "+field+" "+r.why(r.file.Follow(e, r.at)), e)
	}
	for _, item := range items {
		literal, isOne := literalOf(strings.TrimSuffix(strings.TrimPrefix(item.Text, "^"), "$"))
		switch {
		case item.Text == "*" || item.Text == ".*":
			r.name(field, "*", item)
		case !isExpression(item):
			r.name(field, item.Text, item)
		case isOne && strings.HasSuffix(item.Text, "$"):
			r.name(field, literal, item)
		default:
			r.remark(Lost, field, asQuoted(item.Text)+" is read as an expression, which policies do not have for headers.", item)
		}
	}
	r.everyHeader(credentials, e)
}

// age reads how long a preflight is remembered: seconds, also in a string, or a
// timedelta. Flask-CORS sends nothing for the number 0.
func (r *flaskReader) age(e *python.Expr) {
	const field = "max_age"
	value := r.file.Follow(e, r.at)
	seconds, err := strconv.Atoi(strings.TrimSpace(value.Text))
	known := value.Kind == python.String && err == nil && seconds >= 0 && seconds <= math.MaxInt32
	switch {
	case value.Kind == python.Int && value.Number == 0:
		r.remark(Differs, field, "Flask-CORS sends no Access-Control-Max-Age for the number 0: browsers remember preflights for five seconds.", e)
		return
	case value.Kind == python.Int:
		r.seconds(e)
		return
	case r.file.callee(value) == "datetime.timedelta":
		seconds, known = timedelta(value)
	}
	if !known {
		r.remark(Dynamic, field, "The seconds "+r.why(value), e)
		return
	}
	r.entry(field, (time.Duration(seconds) * time.Second).String(), e)
}

// timedelta returns the seconds of a call of timedelta with whole numbers.
func timedelta(call *python.Expr) (seconds int, known bool) {
	units := map[string]int{"": 86400, "days": 86400, "weeks": 7 * 86400, "hours": 3600, "minutes": 60, "seconds": 1}
	for i, a := range call.Args {
		unit, ok := units[a.Name]
		if !ok || a.Value.Kind != python.Int || a.Star != "" || a.Name == "" && i > 0 || a.Value.Number < 0 || a.Value.Number > math.MaxInt32/unit-seconds/unit {
			return 0, false
		}
		seconds += unit * a.Value.Number
	}
	return seconds, true
}
