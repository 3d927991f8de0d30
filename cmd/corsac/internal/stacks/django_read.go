package stacks

import (
	"maps"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
)

// djangoProject is what a project with Django says about CORS.
type djangoProject struct {
	files, broken []*pyFile
	settings      []*djangoSettings
	own           []*ownHeaders
	// middleware says that some file names CorsMiddleware.
	middleware bool
	// pin and django are the versions of django-cors-headers and of Django that the
	// project wants.
	pin, django *pyPin
}

// djangoMiddleware is the middleware of django-cors-headers.
const djangoMiddleware = "corsheaders.middleware.CorsMiddleware"

// djangoRead is Read of Django's source.
func djangoRead(t *source.Tree) (sites []*Site) {
	p := readDjango(t)
	for _, s := range p.settings {
		sites = append(sites, s.site(p))
	}
	for _, o := range p.own {
		s := o.site()
		s.Faults = p.ownFaults(o)
		sites = append(sites, s)
	}
	return pySites(sites, p.broken)
}

// readDjango finds what a project says about CORS.
func readDjango(t *source.Tree) *djangoProject {
	p := &djangoProject{pin: pyPinOf(t, "django-cors-headers"), django: pyPinOf(t, "django")}
	r := &djangoReader{files: map[string]*pyFile{}, read: map[*pyFile]*djangoSettings{}}
	isDjango := false
	for _, f := range pyFiles(t, false, "django", "rest_framework", "corsheaders", "CORS_", "MIDDLEWARE", "INSTALLED_APPS") {
		own := strings.Contains(f.Text, "django") || strings.Contains(f.Text, "corsheaders")
		isDjango = isDjango || own
		p.middleware = p.middleware || strings.Contains(f.Text, djangoMiddleware)
		switch {
		case f.Broken && own:
			p.broken = append(p.broken, f)
		case !f.Broken:
			p.files = append(p.files, f)
			r.files[f.Name] = f
		}
	}
	if !isDjango {
		return &djangoProject{}
	}
	r.names = slices.Sorted(maps.Keys(r.files))
	for _, f := range p.files {
		if s := r.settings(f, maxStarImports); s.aboutCORS() {
			p.settings = append(p.settings, s)
		}
		if slices.ContainsFunc(importsOf(f), func(s string) bool { return strings.HasPrefix(s, "django") || strings.HasPrefix(s, "rest_framework") }) {
			p.own = append(p.own, readOwn(f)...)
		}
	}
	return p
}

// aboutCORS reports whether the module itself is about CORS: it has a setting of
// django-cors-headers, or a list with its names.
func (s *djangoSettings) aboutCORS() bool {
	if s.first != nil {
		return true
	}
	for _, name := range []string{"INSTALLED_APPS", "MIDDLEWARE"} {
		for _, v := range s.values[name] {
			if v.file == s.file && strings.Contains(v.stmt.In(s.file.File), "corsheaders") {
				s.first = v.stmt
			}
		}
	}
	return s.first != nil
}

// site returns the place of the settings.
func (s *djangoSettings) site(p *djangoProject) *Site {
	site := &Site{Title: "the CORS settings", File: s.file.File, Span: s.first.Span}
	d := &djangoDraft{pyReader: pyReader{file: s.file, at: s.first, constants: djangoConstants}, s: s}
	if s.hasOrigins() {
		site.Path = d.path()
		d.read()
	}
	d.file, d.at = s.file, s.first
	d.finish(site)
	l := &djangoLinter{s: s, p: p, site: site, pyLinter: pyLinter{pyReader: pyReader{file: s.file, at: s.first, constants: djangoConstants}}}
	l.lint()
	site.Faults = l.faults
	return site
}

// path returns the prefix of the paths that the settings are for, of an expression
// for their beginning.
func (d *djangoDraft) path() string {
	e := d.last("", "CORS_URLS_REGEX")
	if e == nil {
		return ""
	}
	text := d.regex(e)
	if text.Kind != python.String {
		d.remark(Dynamic, "", "The paths that it is for "+d.why(text), e)
		return ""
	}
	return d.pathOf(e, text.Text)
}

// read reads the settings as django-cors-headers does
// (https://github.com/adamchainz/django-cors-headers#configuration).
func (d *djangoDraft) read() {
	credentials, _, _ := d.flag("allow_credentials", "CORS_ALLOW_CREDENTIALS")
	if credentials {
		d.entry("allow_credentials", "true", d.where("CORS_ALLOW_CREDENTIALS"))
	}
	d.origins(credentials)
	for _, names := range djangoNameLists {
		d.names(names, credentials)
	}
	d.age()
	if yes, known, set := d.flag("", "CORS_ALLOW_PRIVATE_NETWORK"); yes && known && set {
		d.remark(Lost, "", noPrivateNetwork, d.where("CORS_ALLOW_PRIVATE_NETWORK"))
	}
	if d.s.unknown {
		d.remark(Dynamic, "", "Other settings come from a module that is not among the files.", &python.Expr{Span: d.s.first.Span})
	}
}

// origins reads which origins are allowed.
func (d *djangoDraft) origins(credentials bool) {
	const field = "allow_origins"
	if all, known, _ := d.flag(field, "CORS_ALLOW_ALL_ORIGINS"); all && known {
		d.anyOrigin(d.where("CORS_ALLOW_ALL_ORIGINS"), credentials)
		return
	}
	items, _ := d.list(field, "CORS_ALLOWED_ORIGINS")
	for _, item := range items {
		d.file, d.at = item.file, item.at
		if item.Text == "*" {
			d.remark(Lost, field, "django-cors-headers does not know * here: only the origin null matches it.", item.Expr)
			continue
		}
		d.origin(withoutURLPath(item.Text), item.Expr)
	}
	items, _ = d.list("dangerously_allow_origin_regexps", "CORS_ALLOWED_ORIGIN_REGEXES")
	for _, item := range items {
		d.file, d.at = item.file, item.at
		d.prefix(item.Expr, credentials)
	}
}

// withoutURLPath returns an origin without the path that django-cors-headers
// ignores.
func withoutURLPath(s string) string {
	scheme, rest, ok := strings.Cut(s, "://")
	host, _, path := strings.Cut(rest, "/")
	if !ok || !path {
		return s
	}
	return scheme + "://" + host
}

// djangoNameList is a setting with the names of methods or headers.
type djangoNameList struct{ field, name, constant string }

var djangoNameLists = []djangoNameList{
	{"allow_methods", "CORS_ALLOW_METHODS", "corsheaders.defaults.default_methods"},
	{"allow_headers", "CORS_ALLOW_HEADERS", "corsheaders.defaults.default_headers"},
	{"expose_headers", "CORS_EXPOSE_HEADERS", ""},
}

// names reads a list of methods or headers, with what counts by default. A * is
// sent as it is, which browsers take for a name if there are credentials.
func (d *djangoDraft) names(n djangoNameList, credentials bool) {
	if len(d.s.of(n.name)) > 0 {
		items, _ := d.list(n.field, n.name)
		for _, item := range items {
			d.file, d.at = item.file, item.at
			switch {
			case item.Text == "*" && credentials:
				d.remark(Lost, n.field, "With credentials, browsers take * for the name of a method or header.", item.Expr)
			case strings.EqualFold(item.Text, "accept") && n.field == "allow_headers": // which every policy allows
			default:
				d.name(n.field, item.Text, item.Expr)
			}
		}
		return
	}
	d.file, d.at = d.s.file, d.s.first
	for _, s := range djangoConstants[n.constant] {
		if !d.s.unknown && s != "accept" && !slices.Contains(simpleMethods, s) {
			d.byDefault(n.field, s, d.s.first.Span)
		}
	}
}

// age reads how long preflights are remembered: a day by default.
func (d *djangoDraft) age() {
	const field = "max_age"
	values := d.s.of("CORS_PREFLIGHT_MAX_AGE")
	e := d.last(field, "CORS_PREFLIGHT_MAX_AGE")
	switch {
	case len(values) == 0:
		d.file, d.at = d.s.file, d.s.first
		if !d.s.unknown {
			d.byDefault(field, "24h0m0s", d.s.first.Span)
		}
	case e == nil: // remarked on
	case d.file.Follow(e, d.at).Kind == python.Int && d.file.Follow(e, d.at).Number == 0:
		// It sends no header: what browsers do without need not be said.
	default:
		d.seconds(e)
	}
}
