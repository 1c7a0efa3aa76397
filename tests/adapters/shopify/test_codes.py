from __future__ import annotations

import pytest
import requests

from plugin_core.errors import InvalidInput, Refused, Transient
from plugin_core.platforms import CodeSpec, CreatedCode
from tests.adapters.shopify.shop import NOW, Shop, client, ok

DAY = 86_400_000_000
SPEC = CodeSpec("CBWINBACK1", "Comeback winback 60 days", "winback:1:ada,x:1", 15, NOW, NOW + 14 * DAY, "7", minimum=5000)
NODE = "gid://shopify/DiscountCodeNode/77"


def created(*errors):
    return ok({"discountCodeBasicCreate": {"codeDiscountNode": None if errors else {"id": NODE}, "userErrors": list(errors)}})


def existing(**discount):
    return ok(
        {
            "codeDiscountNodeByCode": {
                "id": NODE,
                "codeDiscount": {"__typename": "DiscountCodeBasic", "status": "ACTIVE"} | discount,
            }
        }
    )


TAKEN = {"code": "TAKEN", "message": "Code must be unique", "field": ["code"]}


def test_a_code_is_for_one_person_once_and_runs_out(shop: Shop, tmp_path):
    shop.on["DiscountCreate"] = [created()]
    assert client(tmp_path).create_code(SPEC) == CreatedCode("CBWINBACK1", "77")
    assert shop.asked[0][1]["discount"] == {
        "code": "CBWINBACK1",
        "title": "Comeback winback 60 days",
        "tags": ["winback:1:ada;x:1"],
        "startsAt": "2026-11-18T11:06:40Z",
        "endsAt": "2026-12-02T11:06:40Z",
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": ["gid://shopify/Customer/7"]}},
        "customerGets": {"value": {"percentage": 0.15}, "items": {"all": True}},
        "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": "50.00"}},
    }


@pytest.mark.parametrize(
    "kept", [{"tags": ["winback:1:ada;x:1"], "title": "renamed by the merchant"}, {"tags": [], "title": SPEC.title}]
)
def test_a_code_that_is_there_already_and_ours_is_adopted(shop: Shop, tmp_path, kept):
    shop.on["DiscountCreate"] = [created(TAKEN)]
    shop.on["DiscountByCode"] = [existing(**kept)]
    assert client(tmp_path).create_code(SPEC) == CreatedCode("CBWINBACK1", "77", adopted=True)


def test_a_code_of_the_same_name_that_is_not_ours_is_left_alone(shop: Shop, tmp_path):
    shop.on["DiscountCreate"] = [created(TAKEN)]
    shop.on["DiscountByCode"] = [existing(title=SPEC.title, tags=["winback:1:ben:1"])]
    with pytest.raises(Refused, match=r"acme: a discount code of this name exists already and isn't ours. Delete it") as caught:
        client(tmp_path).create_code(SPEC)
    assert caught.value.code == "TAKEN"


@pytest.mark.parametrize("lost", [requests.ReadTimeout(), (502, {}, "")])
def test_a_lost_answer_ends_in_one_code_and_not_in_two(shop: Shop, tmp_path, lost):
    shop.on["DiscountCreate"] = [lost, created(TAKEN)]  # the first had got through
    shop.on["DiscountByCode"] = [existing(title=SPEC.title, tags=["winback:1:ada;x:1"])]
    assert client(tmp_path).create_code(SPEC).adopted


def test_a_code_that_is_taken_but_not_to_be_found_yet_is_looked_up_later(shop: Shop, tmp_path):
    shop.on["DiscountCreate"] = [created(TAKEN)]
    shop.on["DiscountByCode"] = [ok({"codeDiscountNodeByCode": None})]
    with pytest.raises(Transient, match="acme: a new discount code can't be found yet"):
        client(tmp_path).create_code(SPEC)


def test_a_code_that_the_shop_refuses_says_why(shop: Shop, tmp_path):
    shop.on["DiscountCreate"] = [created({"code": "MAX_APP_DISCOUNTS", "message": "Too many discounts", "field": None})]
    with pytest.raises(Refused, match="acme: Shopify refused the code of 'Comeback winback 60 days': Too many discounts"):
        client(tmp_path).create_code(SPEC)


def test_a_guest_gets_no_code_that_belongs_to_nobody(shop: Shop, tmp_path):
    with pytest.raises(InvalidInput, match="acme: a code on Shopify has to belong to a customer"):
        client(tmp_path).create_code(SPEC._replace(customer_id=""))
    assert shop.asked == []


def test_deleting_a_code_that_is_gone_is_done(shop: Shop, tmp_path):
    gone = {"message": "Discount does not exist", "code": "INVALID", "field": ["id"]}
    shop.on["DiscountDelete"] = [ok({"discountCodeDelete": {"deletedCodeDiscountId": None, "userErrors": [gone]}})]
    client(tmp_path).delete_code(CreatedCode("X", "77"))
    assert shop.asked[0][1] == {"id": NODE}
