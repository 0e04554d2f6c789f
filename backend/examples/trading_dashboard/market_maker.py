"""Generated trading of a dozen markets: books, quotes, fills, cancels, errors; the same for the same start and seed.

Positions follow from fills, and P&L from positions: first in, first out, in whole cents, less a fee a contract.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from examples.trading_dashboard.tables import DECISIONS, EXECUTIONS, TRADES, Row, stamp

FEE_CENTS = 1
DAYS_KEPT = 31
LogRow = tuple[str, Row]
_ERRORS = ("timeout of the exchange", "rate limit of the exchange", "insufficient balance")


@dataclass(frozen=True)
class Market:
    """A market of contracts that pay 100 cents or nothing. volatility: cents an hour."""

    market_id: str
    title: str
    fair_cents: float
    volatility: float
    max_position: int
    quote_size: int


MARKETS = (
    Market("RATE-HOLD-DEC", "The rate is held in December", 62, 0.9, 600, 40),
    Market("CPI-ABOVE-3", "Inflation is above 3 %", 34, 1.1, 500, 40),
    Market("GDP-ABOVE-2", "Growth is above 2 %", 55, 0.7, 500, 30),
    Market("JOBS-ABOVE-150K", "More than 150,000 new jobs", 48, 1.4, 400, 30),
    Market("OIL-ABOVE-80", "Oil closes above $80", 41, 1.8, 400, 30),
    Market("GOLD-ABOVE-3K", "Gold closes above $3,000", 71, 1.2, 400, 25),
    Market("INDEX-ABOVE-6K", "The index closes above 6,000", 58, 1.6, 400, 25),
    Market("RAIN-SEOUL", "It rains in Seoul on Sunday", 27, 1.5, 200, 20),
    Market("SNOW-NYC", "It snows in New York before Christmas", 19, 1.0, 200, 20),
    Market("LAUNCH-DEC", "The rocket starts in December", 76, 1.3, 200, 15),
    Market("FILM-100M", "The film earns $100 million", 45, 0.8, 150, 15),
    Market("CUP-HOME-WIN", "The home team wins the cup", 51, 2.0, 150, 15),
)


@dataclass
class Book:
    """A market as the bot holds it: open lots of (quantity, cents), the oldest first; short ones are negative."""

    market: Market
    fair: float
    lots: deque[tuple[int, int]] = field(default_factory=deque)
    position: int = 0
    realised: int = 0
    days: dict[str, dict[str, int]] = field(default_factory=dict)
    bids: list[dict[str, int]] = field(default_factory=list)
    asks: list[dict[str, int]] = field(default_factory=list)
    updated_at: datetime | None = None

    def fill(self, signed: int, price: int) -> int:
        """Takes a fill into the position and returns the P&L that it realises, in cents, less its fee."""
        realised, remaining = -FEE_CENTS * abs(signed), signed
        while remaining and self.lots and (self.lots[0][0] > 0) != (remaining > 0):
            quantity, cost = self.lots[0]
            closed = min(abs(quantity), abs(remaining))
            realised += closed * (price - cost) * (1 if quantity > 0 else -1)
            sign = 1 if remaining > 0 else -1
            remaining -= sign * closed
            if abs(quantity) == closed:
                self.lots.popleft()
            else:
                self.lots[0] = (quantity + sign * closed, cost)
        if remaining:
            self.lots.append((remaining, price))
        self.position += signed
        self.realised += realised
        return realised


class MarketMaker:
    """Trades markets from a moment on, each once in `step`.

    start: aware. chance numbers follow the seed alone, so a longer run begins as a shorter one.
    """

    def __init__(
        self,
        start: datetime,
        *,
        seed: int = 1,
        markets: Sequence[Market] = MARKETS,
        step: timedelta = timedelta(hours=1),
    ) -> None:
        self._chance, self._step, self._next = random.Random(seed), step, start
        self._sequence = count(1)
        self.books = [Book(market, market.fair_cents) for market in markets]

    def run(self, until: datetime) -> Iterator[LogRow]:
        """The rows of the logs before a moment, each with its table's name, in the order of time of each market."""
        gap = self._step / len(self.books)
        while self._next + self._step <= until:
            for number, book in enumerate(self.books):
                yield from self._trade(book, self._next + number * gap)
            self._next += self._step

    def configs(self) -> list[Row]:
        """The markets' configuration."""
        return [
            {
                "market_id": book.market.market_id, "title": book.market.title, "status": "open",
                "max_position": book.market.max_position, "quote_size": book.market.quote_size,
            }
            for book in self.books
        ]  # fmt: skip

    def states(self) -> list[Row]:
        """The markets' state after what was run."""
        return [
            {
                "market_id": book.market.market_id, "position": book.position,
                "cost_cents": sum(quantity * price for quantity, price in book.lots),
                "realised_cents": book.realised, "best_bid_cents": book.bids[0]["price_cents"],
                "best_ask_cents": book.asks[0]["price_cents"], "days": book.days, "updated_at": stamp(book.updated_at),
            }
            for book in self.books
            if book.updated_at is not None
        ]  # fmt: skip

    def _trade(self, book: Book, at: datetime) -> Iterator[LogRow]:
        chance, market = self._chance, book.market
        book.fair = min(94.0, max(6.0, book.fair + chance.gauss(0, market.volatility)))
        half = chance.choice((1, 1, 1, 2))
        bid, ask = round(book.fair) - half, round(book.fair) + half
        book.bids = [{"price_cents": bid - n, "size": chance.randrange(20, 400)} for n in range(3)]
        book.asks = [{"price_cents": ask + n, "size": chance.randrange(20, 400)} for n in range(3)]
        share = book.position / market.max_position
        action = "REDUCE" if abs(share) > 0.8 else "HOLD" if chance.random() < 0.1 else "QUOTE"
        targets: Row = {}
        if action != "HOLD":
            if share < 0.8:
                targets["bid"] = {"price_cents": bid, "size": market.quote_size}
            if share > -0.8:
                targets["ask"] = {"price_cents": ask, "size": market.quote_size}
        decision = f"dec_{chance.getrandbits(48):012x}"
        yield self._row(DECISIONS.name, at, {
            "market_id": market.market_id, "decision_id": decision, "action": action, "inventory": book.position,
            "fair_value_cents": round(book.fair, 2), "book": {"bids": book.bids, "asks": book.asks},
            "targets": targets, "reason": _reason(action), "model": "fair-value-8",
        })  # fmt: skip
        for name, target in targets.items():
            yield from self._order(book, at, decision, 1 if name == "bid" else -1, target)
        book.updated_at = at
        book.days[f"{at:%Y-%m-%d}"] = {"position": book.position, "realised_cents": book.realised}
        while len(book.days) > DAYS_KEPT:
            del book.days[min(book.days)]

    def _order(self, book: Book, at: datetime, decision: str, sign: int, target: Row) -> Iterator[LogRow]:
        chance, order = self._chance, f"ord_{self._chance.getrandbits(48):012x}"
        about = {
            "market_id": book.market.market_id, "order_id": order, "decision_id": decision,
            "side": "buy" if sign > 0 else "sell", "price_cents": target["price_cents"],
        }  # fmt: skip
        latency = round(chance.lognormvariate(3.4, 0.5), 1)

        def event(name: str, seconds: float, **fields: Any) -> LogRow:
            return self._row(
                EXECUTIONS.name, at + timedelta(seconds=seconds), {"event": name, **about, **fields}
            )

        yield event("placed", 0.01, quantity=target["size"])
        luck = chance.random()
        if luck < 0.015:
            yield event("error", latency / 1000, latency_ms=latency * 20, error=chance.choice(_ERRORS))
            return
        yield event("accepted", latency / 1000, quantity=target["size"], latency_ms=latency)
        # The side that brings the position back is filled more often.
        leans = 0.42 - 0.3 * sign * book.position / book.market.max_position
        if luck < leans:
            yield from self._fill(book, at, order, sign, target, event)
        else:
            latency = round(chance.lognormvariate(3.1, 0.4), 1)
            yield event("cancelled", 240, quantity=target["size"], latency_ms=latency)

    def _fill(
        self, book: Book, at: datetime, order: str, sign: int, target: Row, event: Any
    ) -> Iterator[LogRow]:
        chance = self._chance
        quantity = chance.randrange(1, target["size"] + 1)
        trade, seconds = (
            f"trd_{chance.getrandbits(48):012x}",
            chance.uniform(1, 100) + (0 if sign > 0 else 100),
        )
        damage = chance.random()
        # Some fills are lost on one of the two ways, for the reconciliation to find.
        if damage >= 0.001:
            latency = round(chance.lognormvariate(2.6, 0.4), 1)
            yield event("fill", seconds, quantity=quantity, trade_id=trade, latency_ms=latency)
        if damage >= 0.002 or damage < 0.001:
            price = target["price_cents"]
            realised = book.fill(sign * quantity, price)
            yield self._row(TRADES.name, at + timedelta(seconds=seconds), {
                "market_id": book.market.market_id, "trade_id": trade, "order_id": order,
                "side": "buy" if sign > 0 else "sell", "price_cents": price, "quantity": quantity,
                "fee_cents": FEE_CENTS * quantity, "realised_cents": realised, "position_after": book.position,
                "realised_after_cents": book.realised,
            })  # fmt: skip

    def _row(self, table: str, at: datetime, fields: Row) -> LogRow:
        return table, {"date": f"{at:%Y-%m-%d}", "timestamp": stamp(at, next(self._sequence)), **fields}


def _reason(action: str) -> str:
    return {
        "QUOTE": "the spread is wider than the model's error",
        "REDUCE": "inventory is near its bound, quoting the side that reduces it",
        "HOLD": "nothing changed since the last look",
    }[action]
