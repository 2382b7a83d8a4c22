//! The live service graph: rates, layout, drawing and tables, all made on the server from the aggregators' own series.

mod curve;
mod export;
mod filter;
mod form;
mod layout;
mod model;
mod page;
mod promql;
mod quantile;
mod rates;
mod report;
mod samples;
mod service_page;
mod service_report;
mod sort;
mod svg;
mod tables;
mod wording;

use std::sync::Arc;
use std::time::Instant;

use actix_web::{HttpRequest, HttpResponse, web};
use spangraph_config::TenantId;

pub use samples::keep_sampling;

use self::export::Format;
use self::filter::Query;
use self::form::Choices;
use self::layout::{LayoutCache, Topology};
use self::model::Graph;
use self::report::{GraphReport, Parts};
use self::samples::GraphSamples;
use self::service_report::ServiceReport;
use super::frame::{Frame, Html};
use super::latest::LatestByKey;
use super::problem::{ApiError, ErrorReport, PageError, Problem};
use super::tenant_choice::{TenantChoice, TenantQuery};
use super::{PagesContent, resource};

/// What requests for the graph share.
#[derive(Debug, Default)]
pub struct GraphContent {
    samples: GraphSamples,
    layouts: Arc<LayoutCache>,
    /// By tenant and query.
    answers: LatestByKey<(TenantId, String), Answer>,
    /// By tenant and service.
    services: LatestByKey<(TenantId, String), Option<ServiceReport>>,
}

/// A report, and what the form offers beside it.
#[derive(Debug)]
struct Answer {
    report: GraphReport,
    services: Vec<String>,
}

/// What a request asks for.
struct Question {
    query: Query,
    choice: TenantChoice,
}

/// The pages of the graph and their JSON.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/graph", show))
        .service(resource("/graph/export.{ending}", export))
        .service(resource("/graph/service/{service}", show_service))
        .service(resource("/api/v1/graph", api))
        .service(resource("/api/v1/graph/service/{service}", service_api));
}

async fn show(request: HttpRequest, content: web::Data<PagesContent>) -> Result<Html, PageError> {
    let question = Question::of(&request, &content)?;
    let answer = question.answer(&content).await?;
    let choices = Choices {
        tenants: &question.choice,
        services: &answer.services,
    };
    let frame = Frame {
        title: "Live service graph",
        path: "/graph",
        tenant: question.choice.for_links(),
        refresh_seconds: refresh_seconds(&answer.report),
        scripts: &["graph.js"],
    };
    Ok(frame.render(&page::show(&answer.report, &question.query, choices)))
}

/// The service graph: nodes, edges, rates, and where they stand in the drawing.
#[utoipa::path(
    get,
    path = "/api/v1/graph",
    params(
        ("tenant" = Option<String>, Query, description = "The tenant's id, with multi-tenancy"),
        ("q" = Option<String>, Query, description = "Part of a name; nodes that have it are marked as found"),
        ("focus" = Option<String>, Query, description = "Only this service and what is near it"),
        ("depth" = Option<u32>, Query, description = "How many steps round the focus, 1 by default"),
        ("min_rate" = Option<f64>, Query, description = "Only calls of at least so many a second"),
        ("unhealthy" = Option<f64>, Query, description = "Only what fails at least at this share, in per cent"),
        ("group" = Option<String>, Query, description = "`namespace`: nodes of a namespace stand together"),
        ("sort" = Option<String>, Query, description = "`name`, `server`, `kind`, `namespace`, `rate`, `errors`, `p50` or `p95`"),
        ("direction" = Option<String>, Query, description = "`asc` or `desc`"),
    ),
    responses(
        (status = 200, description = "The graph", body = GraphReport),
        (status = 400, description = "A parameter makes no sense", body = ErrorReport),
        (status = 404, description = "The tenant has sent no spans", body = ErrorReport)
    )
)]
pub async fn api(request: HttpRequest, content: web::Data<PagesContent>) -> Result<HttpResponse, ApiError> {
    let answer = Question::of(&request, &content)?.answer(&content).await?;
    Ok(HttpResponse::Ok().json(&answer.report))
}

async fn export(
    request: HttpRequest,
    ending: web::Path<String>,
    content: web::Data<PagesContent>,
) -> Result<HttpResponse, PageError> {
    let format = Format::of_ending(&ending);
    let format = format.ok_or_else(|| Problem::NotFound(format!("there is no export as .{ending}")))?;
    let answer = Question::of(&request, &content)?.answer(&content).await?;
    Ok(export::download(&answer.report, format)?)
}

async fn show_service(
    request: HttpRequest,
    service: web::Path<String>,
    content: web::Data<PagesContent>,
) -> Result<Html, PageError> {
    let question = Question::of(&request, &content)?;
    let report = question.service(&content, &service).await?;
    let tenant = question.choice.for_links();
    let frame = Frame {
        title: service.as_str(),
        path: "/graph",
        tenant,
        refresh_seconds: 2,
        scripts: &["graph.js"],
    };
    let found = report.as_ref().as_ref().ok_or_else(|| unknown(&service))?;
    Ok(frame.render(&service_page::show(found, tenant)))
}

/// One service: its callers, its callees and its spans by label set.
#[utoipa::path(
    get,
    path = "/api/v1/graph/service/{service}",
    params(
        ("service" = String, Path, description = "The service's name"),
        ("tenant" = Option<String>, Query, description = "The tenant's id, with multi-tenancy"),
    ),
    responses(
        (status = 200, description = "The service", body = ServiceReport),
        (status = 400, description = "A parameter makes no sense", body = ErrorReport),
        (status = 404, description = "There is no such service", body = ErrorReport)
    )
)]
pub async fn service_api(
    request: HttpRequest,
    service: web::Path<String>,
    content: web::Data<PagesContent>,
) -> Result<HttpResponse, ApiError> {
    let question = Question::of(&request, &content)?;
    let report = question.service(&content, &service).await?;
    let found = report.as_ref().as_ref().ok_or_else(|| unknown(&service))?;
    Ok(HttpResponse::Ok().json(found))
}

impl Question {
    fn of(request: &HttpRequest, content: &PagesContent) -> Result<Self, Problem> {
        let mut query = Query::parse(request.query_string())?;
        let tenant = TenantQuery {
            tenant: query.tenant.clone(),
        };
        let choice = TenantChoice::of(request, &tenant, content)?;
        if content.multitenancy_enabled && !choice.others.contains(&choice.tenant) {
            let id = &choice.tenant;
            return Err(Problem::NotFound(format!("tenant {id} has sent no spans yet")));
        }
        content.graph.samples.view(&choice.tenant, Instant::now());
        // Links lead on with the tenant that was chosen, be it by a header.
        query.tenant = choice.for_links().map(str::to_owned);
        Ok(Self { query, choice })
    }

    async fn answer(&self, content: &PagesContent) -> Result<Arc<Answer>, Problem> {
        let key = (self.choice.tenant.clone(), self.query.link("").to_string());
        let answer = content.graph.answers.get(key, async || {
            let graph = self.graph(content).await?;
            let services = graph.nodes.iter().map(|node| node.service.clone()).collect();
            let report = self.report(content, graph).await?;
            Some(Answer { report, services })
        });
        answer.await.ok_or(Problem::NoAnswer("aggregator"))
    }

    async fn service(
        &self,
        content: &PagesContent,
        service: &str,
    ) -> Result<Arc<Option<ServiceReport>>, Problem> {
        let tenant = &self.choice.tenant;
        let key = (tenant.clone(), service.to_owned());
        let report = content.graph.services.get(key, async || {
            let spans = content.pipeline.service_spans(tenant, service).await?;
            let graph = self.graph(content).await?;
            Some(ServiceReport::of(tenant.as_str(), service, graph, spans))
        });
        report.await.ok_or(Problem::NoAnswer("aggregator"))
    }

    async fn graph(&self, content: &PagesContent) -> Option<Graph> {
        let tenant = &self.choice.tenant;
        let ask = async || content.pipeline.graph_window(tenant).await;
        let window = content.graph.samples.window(tenant, ask).await?;
        Some(Graph::of(&window))
    }

    /// The layout is reckoned on a thread that answers nobody.
    async fn report(&self, content: &PagesContent, graph: Graph) -> Option<GraphReport> {
        let topology = self.query.topology(graph);
        let key = Topology::of(&topology, self.query.by_namespace);
        let layouts = Arc::clone(&content.graph.layouts);
        let layout = web::block(move || layouts.get(key)).await.ok()?;
        Some(GraphReport::of(Parts {
            tenant: self.choice.tenant.as_str(),
            query: &self.query,
            topology,
            layout: &layout,
        }))
    }
}

/// Large graphs are refreshed less often.
fn refresh_seconds(report: &GraphReport) -> u32 {
    if report.edges.len() > 200 { 5 } else { 2 }
}

fn unknown(service: &str) -> Problem {
    Problem::NotFound(format!(
        "there are neither calls nor spans of a service {service:?}"
    ))
}
