package stacks

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/js"
)

// jsFramework is how to find what a framework does in the files of a project.
type jsFramework struct {
	// word is in every file that is about it, in lower case; packages are the names
	// of those for CORS.
	word     string
	packages []string
	// apps, routers and cors are the functions of modules that make an app, or a
	// part of one, and the middleware for CORS.
	apps, routers, cors func(module, name string) bool
	// methods are those of an app that matter, and adders those of them that add a
	// middleware.
	methods, adders []string
	response        *jsResponse
	rules           *jsRules
}

// frameworkFile is a file of a project that uses a framework.
type frameworkFile struct {
	jsApp

	framework *jsFramework
	// dir is the folder of the project's package.json.
	dir string
	// mounts says where routers are used; nil if that is not read.
	mounts *jsMounts
}

// sources returns the files of a project that use the framework.
func (fw *jsFramework) sources(t *source.Tree) (list []*frameworkFile) {
	found := false
	for _, f := range jsFiles(t, "cors", "Cors", "ccess-", fw.word, "listen(") {
		x := &frameworkFile{jsApp: jsApp{jsFile: f}, framework: fw}
		x.cors, x.bare = f.CallsOf(fw.cors)
		x.cors, x.bare = atMost(t, f, x.cors), atMost(t, f, x.bare)
		x.apps, _ = f.CallsOf(fw.apps)
		x.apps = atMost(t, f, x.apps)
		if fw.routers != nil {
			x.routers, _ = f.CallsOf(fw.routers)
			x.routers = atMost(t, f, x.routers)
		}
		found = found || len(x.apps) > 0 || containsAny(f.Text, fw.packages)
		list = append(list, x)
	}
	if !found {
		return nil
	}
	for _, x := range list {
		x.findUses(fw.methods)
		x.uses = atMost(t, x.jsFile, x.uses)
		x.findAdds()
		if strings.Contains(strings.ToLower(x.Text), fw.word) {
			x.hands = atMost(t, x.jsFile, x.findHands(fw.response))
		}
		x.dir = packageDir(t, x.file.Name)
	}
	return list
}

// packageDir returns the folder of the package.json for a file.
func packageDir(t *source.Tree, name string) string {
	if p := nearestPackage(t, name); p != nil {
		return path.Dir(p.file.Name)
	}
	return "."
}

// readHands returns the functions of a file that set headers by hand.
func (x *frameworkFile) readHands(all []*frameworkFile) (sites []*Site) {
	p := handPlace{rules: x.framework.rules}
	for _, y := range all {
		if y.dir != x.dir {
			continue
		}
		p.beside = p.beside || len(y.cors)+len(y.bare) > 0
		p.answered = p.answered || slices.ContainsFunc(y.uses, func(u *jsUse) bool { return u.method == "options" })
	}
	for _, h := range x.hands {
		p := p
		if u := x.adds[h.function]; u != nil && slices.Contains(x.framework.adders, u.method) {
			if p.use = u; u.method == "use" {
				p.path = u.path
			}
		}
		s := x.readHand(h, &p)
		if p.use != nil && x.mounts != nil {
			settings := &jsSettings{jsFile: x.jsFile}
			s.Path = x.mounts.pathOf(settings, &x.jsApp, p.use, js.Range{Start: p.use.Start, End: p.use.End})
			s.Draft.Remarks = append(s.Draft.Remarks, settings.draft.Remarks...)
		}
		sites = append(sites, s)
	}
	return sites
}

// sorted returns sites in the order in which they stand in their file.
func sorted(sites []*Site) []*Site {
	slices.SortStableFunc(sites, func(a, b *Site) int { return cmp.Compare(a.Start, b.Start) })
	return sites
}

// evident adds a fault whose evidence is another place, of which a text says
// something.
func (s *jsSettings) evident(rule *Rule, r js.Range, place, text string) {
	s.fault(rule, r)
	s.faults[len(s.faults)-1].Evidence = shorten(place) + text
}

// Middlewares that want a login, by their names, and those of them that never
// answer a request.
var (
	guardName    = lazyregexp.New(`(?i)auth|jwt|jwk|passport|apikey|api-key|guard|protect|permission|ratelimit|rate-limit|limiter|verifytoken|checktoken`)
	noGuardName  = lazyregexp.New(`(?i)passport\.(?:initialize|session)|session|oauth2`)
	guardAnswers = lazyregexp.New(`\b40[13]\b|jwtVerify|Unauthorized|Forbidden`)
)

// guards reports whether a middleware answers requests without a login itself.
func (x *jsApp) guards(r js.Range) bool {
	if v := x.Value(r); v.Kind == js.FunctionValue {
		return guardAnswers.MatchString(x.Source(v.Function.Body))
	}
	name := x.calleeOf(r)
	return guardName.MatchString(name) && !noGuardName.MatchString(name)
}

// bareModule returns the name of a module without what Deno writes around it.
func bareModule(module string) string {
	name, found := strings.CutPrefix(module, "npm:")
	if !found {
		if name, found = strings.CutPrefix(module, "jsr:"); !found {
			return module
		}
	}
	name = strings.TrimPrefix(name, "/")
	if i := strings.LastIndexByte(name, '@'); i > 0 {
		_, path, ok := strings.Cut(name[i:], "/")
		if name = name[:i]; ok {
			name += "/" + path
		}
	}
	return name
}

// packageVersion returns the version of a package that the package.json for a file
// asks for, as major and minor; 0 if it is not known.
func packageVersion(t *source.Tree, file, name string) (major, minor int) {
	p := nearestPackage(t, file)
	if p == nil {
		return 0, 0
	}
	text := strings.TrimLeft(p.version(name), "^~>=v ")
	first, rest, _ := strings.Cut(text, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0
	}
	minor, err = strconv.Atoi(second)
	if err != nil {
		return major, 0
	}
	return major, minor
}
