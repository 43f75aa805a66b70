package main

import (
	"time"

	"github.com/parleyhq/parley/server"
)

// tokenFlags say whose JSON Web Tokens a server takes beside keys.
type tokenFlags struct {
	JWKS        string            `name:"jwks" placeholder:"FILE|URL" env:"PARLEY_JWKS" help:"Take JSON Web Tokens signed by the keys of this JWK set: a file or an https URL, read again every 30 s (${env})."`
	JWTIssuer   []string          `name:"jwt-issuer" placeholder:"ISS" env:"PARLEY_JWT_ISSUER" help:"Issuers whose tokens are taken (${env})."`
	JWTAudience []string          `name:"jwt-audience" placeholder:"AUD" env:"PARLEY_JWT_AUDIENCE" help:"Audiences of which a token must name one (${env})."`
	JWTMaxLife  time.Duration     `name:"jwt-max-life" default:"15m" env:"PARLEY_JWT_MAX_LIFE" help:"Longest time between a token's issue and its end (${env})."`
	JWTTenant   string            `name:"jwt-tenant" placeholder:"ID" env:"PARLEY_JWT_TENANT" help:"Tenant of tokens that name none; otherwise they are refused (${env})."`
	JWTClaim    map[string]string `name:"jwt-claim" placeholder:"WHAT=NAME" env:"PARLEY_JWT_CLAIM" help:"Names of claims, where they differ from tenant, sub (principal), role, npis, reviewerId: e.g. role=parley_role;principal=oid (${env})."`
}

// tokens are the server's options, nil if it takes none.
func (f *tokenFlags) tokens() *server.TokenOptions {
	if f.JWKS == "" {
		return nil
	}
	return &server.TokenOptions{
		Keys: f.JWKS, Issuers: f.JWTIssuer, Audiences: f.JWTAudience, MaxLife: f.JWTMaxLife, Tenant: f.JWTTenant, Claims: f.JWTClaim,
	}
}
