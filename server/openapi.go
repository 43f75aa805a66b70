package server

import (
	_ "embed"
	"net/http"
)

// openapiDocument is the contract as OpenAPI 3.1: every route of the table, what it takes and all that it answers.
//
//go:embed openapi.json
var openapiDocument []byte

func getOpenAPI(c *call) answer {
	return c.file(answer{status: http.StatusOK, body: openapiDocument})
}
