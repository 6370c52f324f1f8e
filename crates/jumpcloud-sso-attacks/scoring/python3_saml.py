"""python3-saml: python3 python3_saml.py FOLDER."""

import base64
from datetime import datetime
from urllib.parse import urlsplit

from cases import answer
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils


def accepts(folder, case):
    now = int(datetime.fromisoformat(case["at"].replace("Z", "+00:00")).timestamp())
    OneLogin_Saml2_Utils.now = staticmethod(lambda: now)
    settings = OneLogin_Saml2_Settings({
        "strict": True,
        "sp": {"entityId": case["sp_entity_id"], "assertionConsumerService": {"url": case["acs_url"]}},
        "idp": {
            "entityId": case["idp_entity_id"],
            "singleSignOnService": {"url": "https://sso.jumpcloud.com/saml2/acme"},
            "x509cert": (folder / case["certificates"][0]).read_text(),
        },
        # Either signature will do, and has to: JumpCloud signs the assertion, the Response, or both.
        "security": {"wantAssertionsSigned": False, "wantMessagesSigned": False, "rejectDeprecatedAlgorithm": True},
    })
    url = urlsplit(case["acs_url"])
    request = {"https": "on", "http_host": url.netloc, "script_name": url.path, "get_data": {}, "post_data": {}}
    field = base64.b64encode((folder / case["file"]).read_bytes()).decode()
    return OneLogin_Saml2_Response(settings, field).is_valid(request, case["request_id"])


answer(accepts)
