package corsacfiber_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/gofiber/fiber/v3"

	"github.com/corsac-dev/corsac/adapters/fiber"
	"github.com/corsac-dev/corsac/cors"
)

func ExampleNew() {
	policy, err := corsacfiber.New(cors.Policy{
		AllowOrigins: []string{"https://app.example.com"},
		AllowMethods: []string{"PUT"},
	})
	if err != nil {
		log.Fatal(err)
	}
	app := fiber.New()
	app.Use(policy.Handle)
	app.Put("/items/:id", func(c fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })

	preflight := httptest.NewRequest(http.MethodOptions, "/items/1", http.NoBody)
	preflight.Header.Set("Origin", "https://app.example.com")
	preflight.Header.Set("Access-Control-Request-Method", "PUT")
	answer, err := app.Test(preflight)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	fmt.Println(answer.Status)
	fmt.Println(answer.Header.Get("Access-Control-Allow-Origin"))
	// Output:
	// 204 No Content
	// https://app.example.com
}
