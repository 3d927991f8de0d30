package stacks

import "slices"

// goLibrary is a package of Go that handles CORS, and how it is configured.
type goLibrary struct {
	// stack is the one whose files say how it is used.
	stack string
	// paths are its import paths.
	paths []string
	// config is the type of its configuration; "" if that consists of functions.
	config string
	// makes are the functions that return the middleware, or its configuration
	// with defaults; the value is what is set by default instead of defaults.
	makes map[string]goValues
	// settings are the fields of the configuration.
	settings map[string]goSetting
	// defaults are the values of settings that are not there.
	defaults goValues
	// origins says how the items of a list of origins are compared.
	origins goMatching
}

// goValues are values as in corsac.yaml, by the name of the setting.
type goValues map[string][]string

// goSetting is a field of a configuration.
type goSetting struct {
	// field is the one of corsac.yaml; "" if there is none.
	field string
	kind  goKind
}

// goKind is what kind of value a setting has.
type goKind uint8

const (
	goIgnored  goKind = iota // what does not change what is allowed
	goOrigins                // a list of origins
	goNames                  // a list of methods or headers
	goCommas                 // either in one string, with commas
	goBool                   // true or false
	goSeconds                // whole seconds; less than 0 is a header that says 0
	goDuration               // a time.Duration
	goCache                  // cors.CacheFor(…)
	goStatus                 // the status of preflights
	goText                   // a string
	goList                   // a list of other strings
	goFunc                   // a function that decides about an origin
	goAny                    // true allows every origin
	goRisky                  // true is a mistake, or reported as one
)

// goMatching is how a library compares an origin with an item of a list.
type goMatching uint8

const (
	goExact    goMatching = iota // byte for byte
	goPrefixed                   // one * stands for anything, also a slash or a colon
	goGlob                       // the same, and ? for one character
	goPatterns                   // https://*.example.org, whole labels only
	goGin                        // /…/ is an expression; * as in goPrefixed with AllowWildcard
)

var (
	goAllMethods = []string{"PUT", "PATCH", "DELETE"}
	allowEveryGo = goValues{"AllowedMethods": goAllMethods, "AllowedHeaders": {"*"}}
	rsSettings   = map[string]goSetting{
		"AllowedOrigins": {"allow_origins", goOrigins}, "AllowOriginFunc": {"allow_origins", goFunc}, "AllowOriginRequestFunc": {"allow_origins", goFunc},
		"AllowOriginVaryRequestFunc": {"allow_origins", goFunc}, "AllowedMethods": {"allow_methods", goNames}, "AllowedHeaders": {"allow_headers", goNames},
		"ExposedHeaders": {"expose_headers", goNames}, "MaxAge": {"max_age", goSeconds}, "AllowCredentials": {"allow_credentials", goBool},
		"AllowPrivateNetwork": {"", goIgnored}, "OptionsPassthrough": {"", goRisky}, "OptionsSuccessStatus": {"preflight_status", goStatus}, "Debug": {"", goRisky}, "Logger": {"", goIgnored},
	}
)

// goLibraries are the packages that are read.
var goLibraries = []*goLibrary{
	{
		stack: "go", paths: []string{"github.com/corsac-dev/corsac/cors"}, config: "Policy", makes: map[string]goValues{"New": nil}, origins: goPatterns,
		settings: map[string]goSetting{
			"AllowOrigins": {"allow_origins", goOrigins}, "AllowMethods": {"allow_methods", goNames}, "AllowHeaders": {"allow_headers", goNames},
			"ExposeHeaders": {"expose_headers", goNames}, "AllowCredentials": {"allow_credentials", goBool}, "MaxAge": {"max_age", goCache},
			"PreflightStatus": {"preflight_status", goStatus}, "AllowTiming": {"allow_timing", goBool}, "ResourcePolicy": {"resource_policy", goText},
			"AllowOriginFunc": {"allow_origins", goFunc}, "DangerouslyAllowOriginRegexps": {"dangerously_allow_origin_regexps", goList},
			"DangerouslyAllowNullOrigin":                     {"dangerously_allow_null_origin", goBool},
			"DangerouslyAllowAllBrowserExtensions":           {"dangerously_allow_all_browser_extensions", goBool},
			"DangerouslyAllowInsecureOriginsWithCredentials": {"dangerously_allow_insecure_origins_with_credentials", goBool},
			"DangerouslyAllowPublicSuffixesWithCredentials":  {"dangerously_allow_public_suffixes_with_credentials", goBool},
		},
	},
	{
		stack: "rs-cors", paths: []string{"github.com/rs/cors", "github.com/rs/cors/wrapper/gin"}, config: "Options", origins: goPrefixed, settings: rsSettings,
		makes:    map[string]goValues{"New": nil, "Default": nil, "AllowAll": allowEveryGo},
		defaults: goValues{"AllowedOrigins": {"*"}, "AllowedHeaders": {"Content-Type", "X-Requested-With"}},
	},
	{
		stack: "chi", paths: []string{"github.com/go-chi/cors"}, config: "Options", origins: goPrefixed, settings: rsSettings,
		makes:    map[string]goValues{"New": nil, "Handler": nil, "Default": nil, "AllowAll": allowEveryGo},
		defaults: goValues{"AllowedOrigins": {"*"}, "AllowedHeaders": {"Content-Type"}},
	},
	{
		stack: "gin", paths: []string{"github.com/gin-contrib/cors"}, config: "Config", origins: goGin,
		makes: map[string]goValues{"New": nil, "DefaultConfig": ginDefaults, "Default": {
			"AllowAllOrigins": {"*"}, "AllowMethods": goAllMethods, "AllowHeaders": {"Content-Type"}, "MaxAge": {"12h0m0s"},
		}},
		settings: map[string]goSetting{
			"AllowAllOrigins": {"allow_origins", goAny}, "AllowOrigins": {"allow_origins", goOrigins}, "AllowOriginFunc": {"allow_origins", goFunc},
			"AllowOriginWithContextFunc": {"allow_origins", goFunc}, "AllowMethods": {"allow_methods", goNames}, "AllowHeaders": {"allow_headers", goNames},
			"ExposeHeaders": {"expose_headers", goNames}, "AllowCredentials": {"allow_credentials", goBool}, "MaxAge": {"max_age", goDuration},
			"OptionsResponseStatusCode": {"preflight_status", goStatus}, "AllowPrivateNetwork": {"", goIgnored}, "AllowWildcard": {"", goIgnored},
			"AllowBrowserExtensions": {"", goRisky}, "CustomSchemas": {"", goIgnored}, "AllowWebSockets": {"", goIgnored}, "AllowFiles": {"", goRisky},
		},
	},
	{
		stack: "echo", paths: []string{"github.com/labstack/echo/v4/middleware", "github.com/labstack/echo/middleware"}, config: "CORSConfig", origins: goGlob, settings: echoSettings,
		makes:    map[string]goValues{"CORS": nil, "CORSWithConfig": nil, "DefaultCORSConfig": nil},
		defaults: goValues{"AllowOrigins": {"*"}, "AllowMethods": goAllMethods, "AllowHeaders": {"*"}},
	},
	{
		stack: "echo", paths: []string{"github.com/labstack/echo/v5/middleware"}, config: "CORSConfig", origins: goExact, settings: echoSettings,
		makes:    map[string]goValues{"CORS": nil, "CORSWithConfig": nil},
		defaults: goValues{"AllowMethods": goAllMethods, "AllowHeaders": {"*"}},
	},
	{
		stack: "fiber", paths: []string{"github.com/gofiber/fiber/v2/middleware/cors"}, config: "Config", origins: goPatterns, settings: fiberSettings(goCommas),
		makes: map[string]goValues{"New": nil, "ConfigDefault": nil}, defaults: fiberDefaults,
	},
	{
		stack: "fiber", paths: []string{"github.com/gofiber/fiber/v3/middleware/cors"}, config: "Config", origins: goPatterns, settings: fiberSettings(goNames),
		makes: map[string]goValues{"New": nil, "ConfigDefault": nil}, defaults: fiberDefaults,
	},
	{
		stack: "go", paths: []string{"github.com/gorilla/handlers"}, makes: map[string]goValues{"CORS": nil},
		settings: map[string]goSetting{
			"AllowedOrigins": {"allow_origins", goOrigins}, "AllowedOriginValidator": {"allow_origins", goFunc}, "AllowedMethods": {"allow_methods", goNames},
			"AllowedHeaders": {"allow_headers", goNames}, "ExposedHeaders": {"expose_headers", goNames}, "AllowCredentials": {"allow_credentials", goBool},
			"MaxAge": {"max_age", goSeconds}, "OptionStatusCode": {"preflight_status", goStatus}, "IgnoreOptions": {"", goRisky},
		},
		defaults: goValues{"AllowedOrigins": {"*"}},
	},
	{
		stack: "jub0bs", paths: []string{"github.com/jub0bs/cors"}, config: "Config", makes: map[string]goValues{"NewMiddleware": nil}, origins: goPatterns,
		settings: map[string]goSetting{
			"Origins": {"allow_origins", goOrigins}, "Methods": {"allow_methods", goNames}, "RequestHeaders": {"allow_headers", goNames},
			"ResponseHeaders": {"expose_headers", goNames}, "Credentialed": {"allow_credentials", goBool}, "MaxAgeInSeconds": {"max_age", goSeconds},
			"DangerouslyTolerateInsecureOrigins":            {"dangerously_allow_insecure_origins_with_credentials", goBool},
			"DangerouslyTolerateSubdomainsOfPublicSuffixes": {"dangerously_allow_public_suffixes_with_credentials", goBool},
			"ExtraConfig": {"", goIgnored},
		},
	},
}

var ginDefaults = goValues{"AllowMethods": goAllMethods, "AllowHeaders": {"Content-Type"}, "MaxAge": {"12h0m0s"}}

var echoSettings = map[string]goSetting{
	"AllowOrigins": {"allow_origins", goOrigins}, "AllowOriginFunc": {"allow_origins", goFunc}, "UnsafeAllowOriginFunc": {"allow_origins", goFunc},
	"AllowMethods": {"allow_methods", goNames}, "AllowHeaders": {"allow_headers", goNames}, "ExposeHeaders": {"expose_headers", goNames},
	"AllowCredentials": {"allow_credentials", goBool}, "MaxAge": {"max_age", goSeconds}, "UnsafeWildcardOriginWithAllowCredentials": {"", goRisky}, "Skipper": {"", goIgnored},
}

var fiberDefaults = goValues{"AllowOrigins": {"*"}, "AllowMethods": goAllMethods, "AllowHeaders": {"*"}}

// fiberSettings returns the settings of Fiber, whose lists are strings with commas
// in version 2.
func fiberSettings(lists goKind) map[string]goSetting {
	origins := goOrigins
	if lists == goCommas {
		origins = goCommas
	}
	return map[string]goSetting{
		"AllowOrigins": {"allow_origins", origins}, "AllowOriginsFunc": {"allow_origins", goFunc}, "AllowMethods": {"allow_methods", lists},
		"AllowHeaders": {"allow_headers", lists}, "ExposeHeaders": {"expose_headers", lists}, "AllowCredentials": {"allow_credentials", goBool},
		"MaxAge": {"max_age", goSeconds}, "AllowPrivateNetwork": {"", goIgnored}, "Next": {"", goIgnored}, "DisableValueRedaction": {"", goIgnored},
	}
}

// goLibraryOf returns the library of an import path, or nil.
func goLibraryOf(path string) *goLibrary {
	for _, lib := range goLibraries {
		if slices.Contains(lib.paths, path) {
			return lib
		}
	}
	return nil
}

// goPaths returns the import paths of the libraries of a stack.
func goPaths(stack string) (paths []string) {
	for _, lib := range goLibraries {
		if lib.stack == stack {
			paths = append(paths, lib.paths...)
		}
	}
	return paths
}
