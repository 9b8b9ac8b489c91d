//! The values of a row of the table, of one step wherever all have one, and their difference.

use std::borrow::Cow;

use super::rows::Row;
use crate::{
    model::Series,
    tui::{
        pane::members::{Member, Members},
        plot::columns::{Reading, reading},
        words::number,
    },
};

/// A row of the table with what it shows.
pub(super) struct Compared<'a> {
    pub row: Row,
    /// How far the compared lane or run is from the first, over steps; `None` if that is not known at any step.
    pub apart: Option<Cow<'a, Series>>,
    /// The curves of the compared one and of the first.
    pub of: Option<&'a Series>,
    pub from: Option<&'a Series>,
    /// The value of each lane or run: that of the step of the difference, or else its last one.
    pub values: Vec<Option<Reading>>,
    /// The difference of the values of the compared one and of the first, which are of the same steps.
    pub difference: Option<Reading>,
}

impl<'a> Compared<'a> {
    /// Returns the values of a row up to a step.
    pub(super) fn of(members: &Members<'a>, row: Row, step: u64) -> Self {
        let curve = |member: &Member<'a>| member.series(&row.curve);
        let [of, from] = [members.compared, 0].map(|at| members.all.get(at).and_then(curve));
        let apart = match (of, from) {
            (Some(of), _) if row.is_distance => Some(Cow::Borrowed(of)),
            (Some(of), Some(from)) => Some(Cow::Owned(of.minus(from))),
            _ => None,
        };
        let apart = apart.filter(|apart| !apart.buckets.is_empty());
        let difference = apart.as_deref().filter(|_| !row.is_distance);
        let difference = difference.and_then(|apart| reading(apart, step));
        let value = |member: &Member<'a>| {
            let series = curve(member)?;
            let same = difference.and_then(|difference| {
                let value = series.mean_of(difference.steps)?;
                Some(Reading {
                    value,
                    ..difference
                })
            });
            same.or_else(|| reading(series, step))
        };
        Self {
            values: members.all.iter().map(value).collect(),
            difference,
            apart,
            of,
            from,
            row,
        }
    }

    /// Returns the steps of the values that are not of `step`: once, or those of each.
    pub(super) fn steps(&self, members: &Members, step: u64) -> String {
        let known = members.all.iter().zip(&self.values);
        let known = known.filter_map(|(member, value)| Some((member, value.as_ref()?.steps)));
        let known: Vec<_> = known.collect();
        let at = |(first, last): (u64, u64)| {
            if first == last {
                format!("@{}", number::count(first))
            } else {
                format!("@{}–{}", number::count(first), number::count(last))
            }
        };
        match known.split_first() {
            None => String::new(),
            Some((&(_, first), rest)) if rest.iter().all(|(_, steps)| *steps == first) => {
                if first == (step, step) {
                    String::new()
                } else {
                    at(first)
                }
            }
            Some(_) => {
                let each = known.iter();
                let each = each.map(|(member, steps)| format!("{}{}", member.letter(), at(*steps)));
                each.collect::<Vec<_>>().join(" ")
            }
        }
    }
}
