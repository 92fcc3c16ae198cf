from wecom.api.base import API
from wecom.payloads.agents import Agent


class Agents(API):
    def get(self, agentid: int) -> Agent:
        """The app of the secret itself: visible range, trusted domain, whether it is on. doc 90227

        CONFIG (40056, 301002) when `agentid` is not the app whose secret fetched the token.
        """
        return self._fetch("agent/get", Agent.from_wecom, "agentid", agentid=agentid)
