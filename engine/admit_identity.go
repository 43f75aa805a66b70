package engine

import "slices"

func (p *PutTenant) admit() (detail string, ok bool) {
	switch {
	case !validID(p.Tenant.ID):
		return "id", false
	case len(p.Tenant.Name) > MaxTenantName:
		return "name", false
	}
	return "", true
}

func (p *CreateKey) admit() (detail string, ok bool) {
	switch {
	case !validID(p.ID), p.Follows != "" && !validID(p.Follows), p.Tenant != "" && !validID(p.Tenant):
		return "id", false
	case p.Hash == [32]byte{}:
		return "hash", false
	case p.Follows != "":
		return "follows", p.Role == "" && p.Principal == "" && p.ReviewerID == "" && len(p.NPIs)+len(p.Scopes) == 0
	case !slices.Contains(Roles(), p.Role):
		return "role", false
	case !validName(p.Principal, MaxKeyBytes), p.Principal == LocalPrincipal:
		return "principal", false
	case (p.Role == RoleReviewer) != (p.ReviewerID != ""), p.ReviewerID != "" && !validID(p.ReviewerID):
		return "reviewer_id", false
	case (p.Role == RoleRequester) != (len(p.NPIs) > 0), len(p.NPIs) > MaxKeyNPIs, !validIDs(p.NPIs):
		return "npis", false
	case len(p.Scopes) > MaxKeyScopes, !validIDs(p.Scopes):
		return "scopes", false
	}
	return "", true
}

func (p *RevokeKey) admit() (detail string, ok bool) {
	return "id", validID(p.ID) && (p.Tenant == "" || validID(p.Tenant))
}
